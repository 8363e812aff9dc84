/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keylog.c: see keylog.h.
 */
#include "log/keylog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/ctx_index.h"
#include "base/daemon.h"
#include "log/log.h"

#include "conf.h"
#include "privs.h"

#define MODE 0600

static void close_file(struct ftps_daemon *daemon) {
  if (daemon->keylog_path != NULL) {
    (void) close(daemon->keylog_fd);
    OPENSSL_free(daemon->keylog_path);
    daemon->keylog_path = NULL;
  }
}

/* Returns NULL if nobody but the daemon's user can read the file. */
static const char *find_fault(int fd) {
  struct stat st;

  if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
    return "it is not a regular file; name another one";
  }
  if (st.st_uid != geteuid()) {
    return "it belongs to another user; remove it";
  }

  return (st.st_mode & 077) != 0 ? "others can read it; run chmod 0600 on it"
                                 : NULL;
}

static const char *open_file(const char *path, int *fd_out) {
  int res = pr_log_openfile(path, fd_out, MODE);
  const char *fault = NULL;

  if (res == PR_LOG_WRITABLE_DIR) {
    return "its directory is world-writable; run chmod o-w on it";
  }
  if (res < 0) {
    return strerror(errno);
  }

  fault = find_fault(*fd_out);
  if (fault != NULL) {
    (void) close(*fd_out);
  }
  return fault;
}

void ftps_keylog_open(struct ftps_daemon *daemon, const char *path) {
  const char *fault;
  int fd = -1;

  close_file(daemon);
  if (path == NULL) {
    return;
  }

  PRIVS_ROOT
  fault = open_file(path, &fd);
  PRIVS_RELINQUISH

  if (fault != NULL) {
    ftps_log_admin(PR_LOG_WARNING, "TLSKeyLogFile %s: is not written: %s", path,
        fault);
    return;
  }

  (void) fcntl(fd, F_SETFD, FD_CLOEXEC);
  daemon->keylog_fd = fd;
  daemon->keylog_path = OPENSSL_strdup(path);
  if (daemon->keylog_path == NULL) {
    (void) close(fd);
  }
}

/* The server that SNI has chosen may have another file. */
static bool is_open(struct ftps_daemon *daemon, const char *path) {
  if (daemon->keylog_path == NULL || strcmp(daemon->keylog_path, path) != 0) {
    if (session.user != NULL || session.chroot_path != NULL) {
      return false;
    }
    ftps_keylog_open(daemon, path);
  }

  return daemon->keylog_path != NULL;
}

void ftps_keylog_write_cb(const SSL *ssl, const char *line) {
  const SSL_CTX *ctx = SSL_get_SSL_CTX(ssl);
  struct ftps_daemon *daemon = ftps_ctx_index_daemon(ctx);
  const char *path = ftps_ctx_index_get(ctx, FTPS_CTX_KEYLOG);
  char *end = "\n";
  union {
    const char *in;
    void *out;
  } bytes = { .in = line };
  struct iovec parts[2] = { { bytes.out, strlen(line) }, { end, 1 } };

  if (path != NULL && daemon->is_session && is_open(daemon, path) &&
      writev(daemon->keylog_fd, parts, 2) < 0) {
    ftps_log("TLSKeyLogFile %s: %s", path, strerror(errno));
  }
}

static void free_path(void *path) {
  OPENSSL_free(path);
}

int ftps_keylog_attach(SSL_CTX *ctx, const char *path) {
  char *copy;

  if (path == NULL) {
    return 0;
  }

  copy = OPENSSL_strdup(path);
  if (copy == NULL) {
    return -1;
  }

  ftps_ctx_index_set(ctx, FTPS_CTX_KEYLOG, copy, free_path);
  return 0;
}
