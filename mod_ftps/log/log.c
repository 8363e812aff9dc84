/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * log.c: see log.h.
 */
#include "log/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "privs.h"

#include "version.h"

#define LINE_SIZE 2048

static int log_fd = -1;

void ftps_log_close(void) {
  if (log_fd >= 0) {
    (void) close(log_fd);
    log_fd = -1;
  }
}

static const char *reason_of(int res, int xerrno) {
  switch (res) {
    case PR_LOG_WRITABLE_DIR:
      return "its directory is world-writable; run chmod o-w on it";

    case PR_LOG_SYMLINK:
      return "it is a symbolic link; name the file itself, or set "
             "AllowLogSymlinks";

    default:
      return strerror(xerrno);
  }
}

void ftps_log_open(const char *path) {
  int res, xerrno;

  ftps_log_close();
  if (path == NULL) {
    return;
  }

  PRIVS_ROOT
  res = pr_log_openfile(path, &log_fd, PR_LOG_SYSTEM_MODE);
  xerrno = errno;
  PRIVS_RELINQUISH

  if (res < 0) {
    log_fd = -1;
    pr_log_pri(PR_LOG_NOTICE, "mod_ftps: TLSLog %s: cannot be opened: %s", path,
        reason_of(res, xerrno));
  }
}

void ftps_log_open_system(const char *path) {
  if (path != NULL) {
    PRIVS_ROOT(void) log_opensyslog(path);
    PRIVS_RELINQUISH
  }
}

void ftps_log_args(const char *fmt, va_list args) {
  char line[LINE_SIZE];
  int xerrno = errno;

  if (log_fd >= 0) {
    (void) vsnprintf(line, sizeof(line), fmt, args);
    (void) pr_log_writefile(log_fd, FTPS_VERSION, "%s", line);
  }
  errno = xerrno;
}

void ftps_log(const char *fmt, ...) {
  va_list args;

  va_start(args, fmt);
  ftps_log_args(fmt, args);
  va_end(args);
}

void ftps_log_admin(int priority, const char *fmt, ...) {
  char line[LINE_SIZE];
  int xerrno = errno;
  va_list args;

  va_start(args, fmt);
  (void) vsnprintf(line, sizeof(line), fmt, args);
  va_end(args);

  pr_log_pri(priority, "mod_ftps: %s", line);
  ftps_log("%s", line);
  errno = xerrno;
}

void ftps_log_trace(int level, const char *fmt, ...) {
  va_list args;

  if (pr_trace_get_level("tls") < level) {
    return;
  }

  va_start(args, fmt);
  (void) pr_trace_vmsg("tls", level, fmt, args);
  va_end(args);
}
