/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * file.c: see file.h.
 *
 *   file     +--------+----------------------------- --+
 *            | header | stripes (entries.c)              |
 *            +--------+----------------------------- --+
 *              64 KiB
 *
 * A file is made completely under another name and then renamed, and it never
 * changes its size.  So processes that have mapped an old file are not
 * disturbed.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/fds.h"

#define MAGIC          "ftpsshm\n"
#define BYTE_ORDER_NOW 0x01020304U
#define N_BAD_NAMES    10

_Static_assert(FTPS_SHM_MINIMUM_SIZE ==
        FTPS_SHM_HEADER_SIZE + FTPS_SHM_STRIPE_SIZE,
    "one stripe");

uint32_t ftps_shm_file_stripes(uint64_t size) {
  return (uint32_t) ((size - FTPS_SHM_HEADER_SIZE) / FTPS_SHM_STRIPE_SIZE);
}

static uint64_t size_of(uint32_t n_stripes) {
  return FTPS_SHM_HEADER_SIZE + (uint64_t) n_stripes * FTPS_SHM_STRIPE_SIZE;
}

void ftps_shm_file_say(char *text, const char *fmt, ...) {
  va_list args;

  va_start(args, fmt);
  (void) vsnprintf(text, FTPS_SHM_TEXT_SIZE, fmt, args);
  va_end(args);
}

/* Files that must belong to us alone.  Returns NULL, or what is wrong with the
 * file.
 */
static const char *stranger(const struct stat *st) {
  if (S_ISLNK(st->st_mode)) {
    return "it is a symbolic link; name the file itself";
  }
  if (!S_ISREG(st->st_mode)) {
    return "it is no regular file; name another one";
  }
  if (st->st_uid != geteuid()) {
    return "it belongs to another user; remove it, or name another one";
  }
  return NULL;
}

static bool is_private(const struct stat *st) {
  return (st->st_mode & (S_IRWXG | S_IRWXO)) == 0 && st->st_nlink == 1;
}

/* Returns 0, also if there is no such file, or -1 for a fault. */
static int check_name(const char *path, struct ftps_shm_report *report) {
  struct stat st;
  const char *why;

  if (lstat(path, &st) < 0) {
    if (errno == ENOENT) {
      return 0;
    }
    ftps_shm_file_say(report->fault, "file \"%s\" cannot be looked at: %s",
        path, strerror(errno));
    return -1;
  }

  why = stranger(&st);
  if (why != NULL) {
    ftps_shm_file_say(report->fault, "file \"%s\": %s", path, why);
    return -1;
  }
  return 0;
}

void ftps_shm_file_name(char *name, const char *path, const char *ending) {
  (void) snprintf(name, FTPS_SHM_MAX_PATH + 16, "%s%s", path, ending);
}

/* Checks whether files can be made in the directory of PATH. */
static int check_directory(const char *path, struct ftps_shm_report *report) {
  char directory[FTPS_SHM_MAX_PATH];
  struct stat st;

  (void) snprintf(directory, sizeof(directory), "%.*s",
      (int) (strrchr(path, '/') - path), path);
  if (directory[0] == '\0') {
    (void) snprintf(directory, sizeof(directory), "/");
  }

  if (stat(directory, &st) < 0 || access(directory, W_OK | X_OK) < 0) {
    ftps_shm_file_say(report->fault,
        "directory \"%s\" cannot be written to: %s; make it, or name a file in "
        "another one",
        directory, strerror(errno));
    return -1;
  }
  return 0;
}

int ftps_shm_file_check(const char *path, uint64_t size,
    struct ftps_shm_report *report) {
  char name[FTPS_SHM_MAX_PATH + 16];

  memset(report, 0, sizeof(*report));
  if (path[0] != '/' || strlen(path) >= FTPS_SHM_MAX_PATH) {
    ftps_shm_file_say(report->fault,
        "file \"%.200s\": a path that begins with / is wanted, of less than "
        "%u bytes",
        path, FTPS_SHM_MAX_PATH);
    return -1;
  }
  if (size < FTPS_SHM_MINIMUM_SIZE || size > FTPS_SHM_MAXIMUM_SIZE) {
    ftps_shm_file_say(report->fault,
        "size=%llu: the smallest is %llu, the largest %llu bytes; leave it out "
        "for %llu",
        (unsigned long long) size, (unsigned long long) FTPS_SHM_MINIMUM_SIZE,
        (unsigned long long) FTPS_SHM_MAXIMUM_SIZE,
        (unsigned long long) FTPS_SHM_DEFAULT_SIZE);
    return -1;
  }

  ftps_shm_file_name(name, path, ".lock");
  if (check_directory(path, report) < 0 || check_name(path, report) < 0 ||
      check_name(name, report) < 0) {
    return -1;
  }
  return 0;
}

static void sign(const struct ftps_shm_header *header,
    unsigned char digest[32]) {
  size_t len = 0;

  if (EVP_Q_digest(NULL, "SHA256", NULL, header,
          offsetof(struct ftps_shm_header, digest), digest, &len) != 1) {
    memset(digest, 0, 32);
  }
}

const char *ftps_shm_file_judge(int fd, const struct stat *st,
    struct ftps_shm_header *header_out) {
  unsigned char digest[32];

  if (!is_private(st)) {
    return "others may read or write it";
  }
  if (pread(fd, header_out, sizeof(*header_out), 0) !=
      (ssize_t) sizeof(*header_out)) {
    return "it is too short";
  }
  if (memcmp(header_out->magic, MAGIC, sizeof(header_out->magic)) != 0) {
    return "it was not made by mod_ftps_shmcache";
  }
  sign(header_out, digest);
  if (memcmp(digest, header_out->digest, sizeof(digest)) != 0) {
    return "its header is damaged";
  }
  if (header_out->byte_order != BYTE_ORDER_NOW ||
      header_out->layout != FTPS_SHM_LAYOUT ||
      header_out->stripe_size != FTPS_SHM_STRIPE_SIZE) {
    return "it was made by another version";
  }
  if (header_out->n_stripes == 0 ||
      (uint64_t) st->st_size != size_of(header_out->n_stripes)) {
    return "its size is not what its header says";
  }
  return NULL;
}

int ftps_shm_file_open(const char *path, int flags) {
  return ftps_fds_leave_standard(
      open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600));
}

int ftps_shm_file_open_lock(const char *path, struct ftps_shm_report *report) {
  char name[FTPS_SHM_MAX_PATH + 16];
  struct stat st;
  int fd;

  ftps_shm_file_name(name, path, ".lock");
  fd = ftps_shm_file_open(name, O_RDWR | O_CREAT);
  if (fd < 0 || fstat(fd, &st) < 0) {
    ftps_shm_file_say(report->fault, "file \"%s\" cannot be opened: %s", name,
        strerror(errno));
  } else if (stranger(&st) != NULL) {
    ftps_shm_file_say(report->fault, "file \"%s\": %s", name, stranger(&st));
  } else if (st.st_nlink > 1) {
    ftps_shm_file_say(report->fault,
        "file \"%s\": it has another name as well; remove it", name);
  } else if (fchmod(fd, 0600) < 0) {
    ftps_shm_file_say(report->fault, "file \"%s\" cannot be made private: %s",
        name, strerror(errno));
  } else {
    return fd;
  }

  if (fd >= 0) {
    (void) close(fd);
  }
  return -1;
}

/* The file has its full size at once, so that no write into the mapping can
 * find the disk full.
 */
int ftps_shm_file_make(const char *path, uint32_t n_stripes,
    struct ftps_shm_report *report) {
  char name[FTPS_SHM_MAX_PATH + 16];
  struct ftps_shm_header header;
  struct stat st;
  int fd, res;

  ftps_shm_file_name(name, path, ".new");
  memset(&header, 0, sizeof(header));
  memcpy(header.magic, MAGIC, sizeof(header.magic));
  header.byte_order = BYTE_ORDER_NOW;
  header.layout = FTPS_SHM_LAYOUT;
  header.n_stripes = n_stripes;
  header.stripe_size = FTPS_SHM_STRIPE_SIZE;
  if (RAND_bytes(header.secret, (int) sizeof(header.secret)) != 1) {
    ftps_shm_file_say(report->fault, "OpenSSL has no random bytes");
    return -1;
  }
  sign(&header, header.digest);

  /* A daemon that was killed at this moment has left the file. */
  if (lstat(name, &st) == 0 && stranger(&st) == NULL) {
    (void) unlink(name);
  }

  fd = ftps_shm_file_open(name, O_RDWR | O_CREAT | O_EXCL);
  if (fd < 0) {
    ftps_shm_file_say(report->fault, "file \"%s\" cannot be made: %s", name,
        strerror(errno));
    return -1;
  }

  res = posix_fallocate(fd, 0, (off_t) size_of(n_stripes));
  if (res == 0 &&
      pwrite(fd, &header, sizeof(header), 0) != (ssize_t) sizeof(header)) {
    res = errno;
  }
  if (res != 0) {
    ftps_shm_file_say(report->fault,
        "file \"%s\" of %llu bytes cannot be made: %s", name,
        (unsigned long long) size_of(n_stripes), strerror(res));
    (void) unlink(name);
    (void) close(fd);
    return -1;
  }
  return fd;
}

/* Renames PATH and never replaces another file.  Returns 0, or -1 for a fault.
 */
static int set_aside(const char *path, const char *why,
    struct ftps_shm_report *report) {
  char name[FTPS_SHM_MAX_PATH + 16];

  for (int i = 0; i < N_BAD_NAMES; i++) {
    ftps_shm_file_name(name, path, ".bad");
    if (i > 0) {
      (void) snprintf(name, sizeof(name), "%s.bad.%d", path, i);
    }
    if (link(path, name) == 0 && unlink(path) == 0) {
      ftps_shm_file_say(report->note,
          "file \"%s\": %s; it is now \"%s\", and a new one was "
          "made",
          path, why, name);
      return 0;
    }
    if (errno != EEXIST) {
      ftps_shm_file_say(report->fault,
          "file \"%s\": %s; it cannot be renamed to \"%s\": %s", path, why,
          name, strerror(errno));
      return -1;
    }
  }

  ftps_shm_file_say(report->fault,
      "file \"%s\": %s; it cannot be set aside, for there are %d files "
      "\"%s.bad*\" already; remove them",
      path, why, N_BAD_NAMES, path);
  return -1;
}

int ftps_shm_file_open_old(const char *path, int *fd_out,
    struct ftps_shm_report *report) {
  struct ftps_shm_header header;
  struct stat st;
  const char *why;
  int fd;

  *fd_out = -1;
  fd = ftps_shm_file_open(path, O_RDWR);
  if (fd < 0 && errno == ENOENT) {
    return 0;
  }
  if (fd < 0 || fstat(fd, &st) < 0) {
    ftps_shm_file_say(report->fault, "file \"%s\" cannot be opened: %s", path,
        strerror(errno));
    goto fail;
  }

  why = stranger(&st);
  if (why != NULL) {
    ftps_shm_file_say(report->fault, "file \"%s\": %s", path, why);
    goto fail;
  }

  /* mod_tls's cache module leaves empty files.  They have nothing to keep. */
  if (st.st_size == 0) {
    (void) close(fd);
    return 0;
  }

  why = ftps_shm_file_judge(fd, &st, &header);
  if (why != NULL) {
    (void) close(fd);
    return set_aside(path, why, report);
  }

  *fd_out = fd;
  return 0;

fail:
  if (fd >= 0) {
    (void) close(fd);
  }
  return -1;
}

int ftps_shm_file_open_ready(const char *path, uint32_t n_stripes) {
  int fd = ftps_shm_file_open(path, O_RDWR);
  struct ftps_shm_header header;
  struct stat st;

  if (fd >= 0 &&
      (fstat(fd, &st) < 0 || stranger(&st) != NULL ||
          ftps_shm_file_judge(fd, &st, &header) != NULL ||
          header.n_stripes != n_stripes)) {
    (void) close(fd);
    fd = -1;
  }

  return fd;
}

int ftps_shm_file_unlink(const char *path) {
  char name[FTPS_SHM_MAX_PATH + 16];

  ftps_shm_file_name(name, path, ".lock");
  (void) unlink(name);
  return unlink(path);
}
