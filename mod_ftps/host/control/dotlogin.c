/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * dotlogin.c: see dotlogin.h.
 */
#include "host/control/dotlogin.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "keys/keyfile.h"

#include "privs.h"

#define FILE_NAME ".tlslogin"

#define MAX_SIZE ((size_t) 64 * 1024)

static int open_file(const char *path) {
  return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
}

/* A process that cannot get its rights back must not go on. */
static void become_root_again(gid_t gid) {
  if (seteuid(0) < 0 || setegid(gid) < 0) {
    pr_log_pri(PR_LOG_EMERG, "mod_ftps: privileges are lost, ending");
    _exit(1);
  }
}

static int open_as_root_for(const struct passwd *account, const char *path) {
  gid_t gid = getegid();
  int fd = -1, xerrno;

  if (setegid(account->pw_gid) == 0 && seteuid(account->pw_uid) == 0) {
    fd = open_file(path);
  }

  xerrno = errno;
  become_root_again(gid);
  errno = xerrno;
  return fd;
}

/* A daemon without root has only its own rights. */
static int open_for(const struct passwd *account, const char *path) {
  int fd, xerrno;

  PRIVS_ROOT
  fd = geteuid() == 0 ? open_as_root_for(account, path) : open_file(path);
  xerrno = errno;
  PRIVS_RELINQUISH
  errno = xerrno;
  return fd;
}

/* Returns what is wrong with the file, or NULL. */
static const char *judge_file(int fd, const struct passwd *account) {
  struct stat st;

  if (fstat(fd, &st) < 0) {
    return strerror(errno);
  }
  if (!S_ISREG(st.st_mode)) {
    return "is not a regular file";
  }
  if (st.st_uid != account->pw_uid && st.st_uid != 0) {
    return "belongs to somebody else";
  }
  if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return "is writable for others; run chmod go-w on it";
  }

  return (size_t) st.st_size > MAX_SIZE ? "is larger than 64 KiB" : NULL;
}

static BIO *read_file(int fd) {
  BIO *bio = BIO_new(BIO_s_mem());
  size_t total = 0;
  char chunk[4096];
  ssize_t got;

  while (bio != NULL && total <= MAX_SIZE &&
      (got = read(fd, chunk, sizeof(chunk))) > 0) {
    (void) BIO_write(bio, chunk, (int) got);
    total += (size_t) got;
  }

  return bio;
}

/* Skips everything behind a certificate that cannot be read; then
 * `*broken_out` is true.
 */
static bool find_certificate(BIO *bio, const X509 *wanted, bool *broken_out) {
  bool found = false;
  X509 *cert;

  ERR_clear_error();
  while (!found &&
      (cert = PEM_read_bio_X509(bio, NULL, ftps_keyfile_refuse_passphrase,
           NULL)) != NULL) {
    found = X509_cmp(cert, wanted) == 0;
    X509_free(cert);
  }

  *broken_out =
      !found && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
  ERR_clear_error();
  return found;
}

bool ftps_dotlogin_has(const struct passwd *account, const X509 *cert,
    struct ftps_error *err) {
  char path[PR_TUNABLE_PATH_MAX + 1];
  bool found = false, is_broken = false;
  const char *fault;
  int fd;

  (void) pr_snprintf(path, sizeof(path), "%s/" FILE_NAME, account->pw_dir);
  fd = open_for(account, path);
  if (fd < 0) {
    if (errno != ENOENT) {
      ftps_error_set_errno(err, errno, "%s", path);
    }
    return false;
  }

  fault = judge_file(fd, account);
  if (fault != NULL) {
    ftps_error_set(err, "%s: %s", path, fault);
  } else {
    BIO *bio = read_file(fd);

    found = bio != NULL && find_certificate(bio, cert, &is_broken);
    BIO_free(bio);
    if (is_broken) {
      ftps_error_set(err, "%s: holds a certificate that cannot be read", path);
    }
  }

  (void) close(fd);
  return found;
}
