/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * random_seed.c: see random_seed.h.
 *
 * ProFTPD raises privileges itself when it generates core.shutdown.
 */
#include "host/daemon/random_seed.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/daemon.h"
#include "base/fds.h"
#include "keys/secretfile.h"
#include "log/log.h"

#include "conf.h"
#include "privs.h"

#define NAME "TLSRandomSeed"

/* Bytes of a file, as many as OpenSSL's RAND_write_file() writes. */
#define SEED_SIZE 1024

struct ftps_random_seeds {
  pool *pool;
  array_header *paths; /* const char * */
};

int ftps_random_seed_init(struct ftps_daemon *daemon) {
  if (daemon->seeds == NULL) {
    daemon->seeds = OPENSSL_zalloc(sizeof(*daemon->seeds));
  }

  return daemon->seeds != NULL ? 0 : -1;
}

static struct ftps_random_seeds *own(void) {
  return ftps_daemon_get0()->seeds;
}

void ftps_random_seed_forget(void) {
  struct ftps_random_seeds *mine = own();

  if (mine->pool != NULL) {
    destroy_pool(mine->pool);
  }

  mine->pool = make_sub_pool(permanent_pool);
  pr_pool_tag(mine->pool, "mod_ftps TLSRandomSeed");
  mine->paths = make_array(mine->pool, 1, sizeof(const char *));
}

static bool is_known(const char *path) {
  struct ftps_random_seeds *mine = own();
  const char *const *paths = mine->paths->elts;

  for (unsigned int i = 0; i < mine->paths->nelts; i++) {
    if (strcmp(paths[i], path) == 0) {
      return true;
    }
  }

  return false;
}

/* A device such as /dev/urandom is not a secret file. */
static int check_seed(int fd, const char *path, struct ftps_error *err) {
  struct stat st;

  if (fstat(fd, &st) < 0) {
    ftps_error_set_errno(err, errno, NAME " %s", path);
    return -1;
  }

  return S_ISCHR(st.st_mode) ? 0 : ftps_secretfile_check(&st, NAME, path, err);
}

static int read_seed(const char *path, struct ftps_error *err) {
  unsigned char bytes[SEED_SIZE];
  int fd = ftps_fds_open_file(path);
  ssize_t got = -1;

  if (fd < 0 && errno == ENOENT) {
    return 0;
  }

  if (fd < 0) {
    ftps_error_set_errno(err, errno, NAME " %s: cannot be read", path);
    return -1;
  }

  if (check_seed(fd, path, err) == 0) {
    got = read(fd, bytes, sizeof(bytes));
  }
  if (got > 0) {
    /* Whoever can read the file knows them, so they count as no entropy. */
    RAND_add(bytes, (int) got, 0);
  }

  if (got < 0) {
    ftps_error_set_errno(err, errno, NAME " %s: cannot be read", path);
  }

  OPENSSL_cleanse(bytes, sizeof(bytes));
  (void) close(fd);
  return got < 0 ? -1 : 0;
}

void ftps_random_seed_load(const char *path) {
  struct ftps_random_seeds *mine = own();
  struct ftps_error err;
  int res;

  if (path == NULL || is_known(path)) {
    return;
  }

  ftps_error_clear(&err);
  PRIVS_ROOT
  res = read_seed(path, &err);
  PRIVS_RELINQUISH

  if (res < 0) {
    ftps_log_admin(PR_LOG_WARNING, "%s", err.text);
  }
  *((const char **) push_array(mine->paths)) = pstrdup(mine->pool, path);
}

/* True if the file is ours alone, and nobody has put it there for us. */
static bool may_write(int fd) {
  struct stat st;

  if (fstat(fd, &st) < 0) {
    return false;
  }

  errno = EPERM;
  return S_ISCHR(st.st_mode) ||
      (S_ISREG(st.st_mode) && st.st_nlink == 1 &&
          (st.st_uid == 0 || st.st_uid == geteuid()) &&
          (st.st_mode & (S_IROTH | S_IWOTH)) == 0);
}

/* The daemon is root here, so nobody must be able to put a link there. */
static int write_seed(const char *path) {
  unsigned char bytes[SEED_SIZE];
  int fd, res = -1;

  fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
      0600);
  if (fd < 0) {
    return -1;
  }

  if (may_write(fd) && RAND_bytes(bytes, sizeof(bytes)) == 1 &&
      write(fd, bytes, sizeof(bytes)) == (ssize_t) sizeof(bytes)) {
    res = 0;
  }

  OPENSSL_cleanse(bytes, sizeof(bytes));
  (void) close(fd);
  return res;
}

void ftps_random_seed_save(void) {
  struct ftps_random_seeds *mine = own();
  const char *const *paths;

  if (mine->pool == NULL) {
    return;
  }

  paths = mine->paths->elts;
  for (unsigned int i = 0; i < mine->paths->nelts; i++) {
    if (write_seed(paths[i]) < 0) {
      ftps_log_admin(PR_LOG_WARNING,
          NAME " %s: cannot be written: %s; name a regular file of root's, "
               "which nobody else may read, in a directory that exists",
          paths[i], strerror(errno));
    }
  }
}
