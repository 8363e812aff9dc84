/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * log.c: see log.h.
 */
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "privs.h"

#include "log/event_line.h"
#include "version.h"

#define LINE_SIZE 2048

static struct {
  int fd;
  enum ftps_log_format format;
  bool has_lost; /* a line was lost, and the system log has said so */
} tls_log = { -1, FTPS_LOG_TEXT, false };

void ftps_log_close(void) {
  if (tls_log.fd >= 0) {
    (void) close(tls_log.fd);
    tls_log.fd = -1;
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
      return xerrno == ENXIO ? "it is a FIFO, and no program reads it"
                             : strerror(xerrno);
  }
}

/* The program that reads a FIFO may stop reading, and no session waits for its
 * log.
 */
static void never_wait(int fd) {
  struct stat st;

  if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode)) {
    int flags = fcntl(fd, F_GETFL);

    (void) fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  }
}

void ftps_log_open(const char *path, enum ftps_log_format format) {
  int res, xerrno;

  ftps_log_close();
  tls_log.format = format;
  if (path == NULL) {
    return;
  }

  PRIVS_ROOT
  res = pr_log_openfile(path, &tls_log.fd, PR_LOG_SYSTEM_MODE);
  xerrno = errno;
  PRIVS_RELINQUISH

  if (res < 0) {
    tls_log.fd = -1;
    pr_log_pri(PR_LOG_NOTICE, "mod_ftps: TLSLog %s: cannot be opened: %s", path,
        reason_of(res, xerrno));
    return;
  }
  never_wait(tls_log.fd);
}

void ftps_log_open_system(const char *path) {
  if (path != NULL) {
    PRIVS_ROOT(void) log_opensyslog(path);
    PRIVS_RELINQUISH
  }
}

static int write_json(const struct ftps_log_event *event, const char *text) {
  char line[FTPS_LOG_JSON_SIZE];
  struct timespec now = { 0, 0 };
  size_t len, done = 0;

  (void) clock_gettime(CLOCK_REALTIME, &now);
  len = ftps_log_write_json(event, text, &now, line);
  while (done < len) {
    ssize_t res = write(tls_log.fd, line + done, len - done);

    if (res < 0 && errno != EINTR) {
      return -1;
    }
    done += res > 0 ? (size_t) res : 0;
  }
  return 0;
}

static void note_loss(int xerrno) {
  if (!tls_log.has_lost) {
    tls_log.has_lost = true;
    pr_log_pri(PR_LOG_NOTICE,
        "mod_ftps: TLSLog lacks lines of this session: %s",
        xerrno == EAGAIN ? "it is a FIFO, and its reader does not read"
                         : strerror(xerrno));
  }
}

bool ftps_log_has_pairs(void) {
  return tls_log.fd >= 0 && tls_log.format != FTPS_LOG_TEXT;
}

void ftps_log_event(const struct ftps_log_event *event, const char *text) {
  char keys[2 * LINE_SIZE];
  int xerrno = errno, res;

  if (tls_log.fd < 0) {
    return;
  }

  if (tls_log.format == FTPS_LOG_JSON) {
    res = write_json(event, text);
  } else {
    res = pr_log_writefile(tls_log.fd, FTPS_VERSION, "%s", text);
  }
  if (res < 0) {
    note_loss(errno);
  }
  if (tls_log.format == FTPS_LOG_KEYS && event->kind != NULL) {
    ftps_log_write_keys(event, keys, sizeof(keys));
    (void) pr_log_writefile(tls_log.fd, FTPS_VERSION, "%s", keys);
  }
  errno = xerrno;
}

void ftps_log_args(const char *fmt, va_list args) {
  static const struct ftps_log_event message = { NULL, NULL, 0 };
  char line[LINE_SIZE];
  int xerrno = errno;

  if (tls_log.fd >= 0) {
    (void) vsnprintf(line, sizeof(line), fmt, args);
    ftps_log_event(&message, line);
  }
  errno = xerrno;
}

void ftps_log(const char *fmt, ...) {
  va_list args;

  va_start(args, fmt);
  ftps_log_args(fmt, args);
  va_end(args);
}

static const char *name_level(int priority) {
  static const char *const levels[] = { "emergency", "alert", "critical",
    "error", "warning", "notice", "info", "debug" };

  return levels[priority >= 0 && priority < 8 ? priority : 5];
}

void ftps_log_admin(int priority, const char *fmt, ...) {
  const struct ftps_log_pair level = { "level", name_level(priority), 0 };
  const struct ftps_log_event message = { NULL, &level, 1 };
  char line[LINE_SIZE];
  int xerrno = errno;
  va_list args;

  va_start(args, fmt);
  (void) vsnprintf(line, sizeof(line), fmt, args);
  va_end(args);

  pr_log_pri(priority, "mod_ftps: %s", line);
  ftps_log_event(&message, line);
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
