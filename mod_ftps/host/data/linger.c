/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * linger.c: see linger.h.
 */
#include "host/data/linger.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/settings.h"
#include "conn/close.h"
#include "conn/conn.h"
#include "conn/drain.h"
#include "host/data/data_conn.h"
#include "host/data/ending.h"
#include "host/data/transfer.h"
#include "host/session.h"

/* ProFTPD's default of TimeoutLinger. */
#define END_MS 10000

/* A client that has not sent for this long has stopped. */
#define QUIET_MS 50

/* Time between two checks for signals, when a session ends. */
#define SLICE_MS 200

struct ftps_linger {
  int fds[FTPS_LINGER_MAX];     /* the first `count` are in use */
  size_t left[FTPS_LINGER_MAX]; /* how many more bytes are dropped */
  nfds_t count;
  struct ftps_conn *later; /* of a refused upload, on one of `fds`; or NULL */
};

struct ftps_linger *ftps_linger_new(pool *p) {
  return pcalloc(p, sizeof(struct ftps_linger));
}

/* True if it is the stream that ProFTPD closes after its call for the shutdown.
 */
static bool is_closing(const struct ftps_conn *conn,
    const pr_netio_stream_t *nstrm) {
  return conn->farewell == FTPS_FAREWELL_SENT &&
      (session.sf_flags & SF_ABORT) == 0 && session.d != NULL &&
      nstrm == session.d->outstrm && nstrm->strm_fd == session.d->wfd;
}

/* True if the reply may be sent now: everything was sent or, in an upload, has
 * arrived.
 */
static bool may_be_taken(const struct ftps_session *sess,
    const struct ftps_conn *conn) {
  return (sess->settings->options & FTPS_OPT_REPLY_WHEN_SENT) != 0 &&
      conn->tag.peer == NULL &&
      (conn->peer_closed || !ftps_transfer_is_upload());
}

int ftps_linger_limit(const struct ftps_linger *linger, int timeout) {
  return linger->later != NULL && timeout > QUIET_MS ? QUIET_MS : timeout;
}

bool ftps_linger_end_now(struct ftps_linger *linger) {
  struct ftps_conn *conn = linger->later;

  if (conn == NULL) {
    return false;
  }

  linger->later = NULL;
  ftps_conn_close(conn, false);
  (void) shutdown(conn->fd, SHUT_WR);
  ftps_conn_free(conn);
  return true;
}

/* True in an upload that the server stops, because the disk is full or the file
 * is too large.
 */
static bool is_stopped_upload(const struct ftps_conn *conn) {
  return ftps_transfer_is_upload() && !conn->peer_closed &&
      conn->tag.peer == NULL;
}

static void poll_now(struct ftps_linger *linger) {
  struct pollfd pfds[FTPS_LINGER_MAX];
  nfds_t count = ftps_linger_list(linger, pfds);

  if (poll(pfds, count, 0) > 0) {
    ftps_linger_drain(linger, pfds);
  }
}

/* True if there is a place for one more. */
static bool has_place(struct ftps_linger *linger) {
  if (linger->count == FTPS_LINGER_MAX) {
    poll_now(linger);
  }

  return linger->count < FTPS_LINGER_MAX;
}

static void add(struct ftps_linger *linger, int fd, size_t max) {
  linger->fds[linger->count] = fd;
  linger->left[linger->count] = max;
  linger->count++;
}

/* Returns the descriptor of the copy, or -1. */
static int add_copy(struct ftps_linger *linger, int fd, size_t max) {
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

  if (copy >= 0) {
    add(linger, copy, max);
  }
  return copy;
}

static bool take(struct ftps_linger *linger, pr_netio_stream_t *nstrm,
    size_t max) {
  if (!has_place(linger) || shutdown(nstrm->strm_fd, SHUT_WR) < 0) {
    return false;
  }

  add(linger, nstrm->strm_fd, max);
  nstrm->strm_fd = session.d->wfd = -1;
  return true;
}

static uint64_t find_deadline(void) {
  const config_rec *c =
      find_config(main_server->conf, CONF_PARAM, "TimeoutLinger", FALSE);
  int seconds = c != NULL ? *((int *) c->argv[0]) : PR_TUNABLE_TIMEOUTLINGER;

  return ftps_clock_ms() + (uint64_t) seconds * 1000 + 1;
}

/* A client that is still reading after TimeoutLinger gets the rest after the
 * reply.
 */
static void await_client(struct ftps_session *sess, struct ftps_conn *conn,
    pr_netio_stream_t *nstrm) {
  enum ftps_drain end = ftps_drain_wait(conn, find_deadline());

  if (end == FTPS_DRAIN_RESET) {
    ftps_data_tell_reset(sess);
  }
  if (end == FTPS_DRAIN_MORE && ftps_drain_is_behind(nstrm->strm_fd) &&
      take(sess->linger, nstrm, FTPS_DRAIN_MAX)) {
    return;
  }

  (void) close(nstrm->strm_fd);
  nstrm->strm_fd = session.d->wfd = -1;
}

bool ftps_linger_close(struct ftps_session *sess, struct ftps_conn *conn,
    pr_netio_stream_t *nstrm) {
  bool may_take = is_stopped_upload(conn) || may_be_taken(sess, conn);

  if (!is_closing(conn, nstrm)) {
    return false;
  }

  if (!may_take ||
      !take(sess->linger, nstrm, ftps_data_count_dropped(conn->fd))) {
    await_client(sess, conn, nstrm);
  }
  return true;
}

bool ftps_linger_keep(struct ftps_session *sess, const struct ftps_conn *conn,
    size_t max) {
  return conn->farewell == FTPS_FAREWELL_SENT &&
      (session.sf_flags & SF_ABORT) == 0 && has_place(sess->linger) &&
      shutdown(conn->fd, SHUT_WR) == 0 &&
      add_copy(sess->linger, conn->fd, max) >= 0;
}

bool ftps_linger_end_later(struct ftps_session *sess, struct ftps_conn *conn,
    size_t max) {
  int fd = -1;

  (void) ftps_linger_end_now(sess->linger);
  if (conn->state == FTPS_CONN_OPEN && !conn->is_watched &&
      (session.sf_flags & SF_ABORT) == 0 && has_place(sess->linger)) {
    fd = add_copy(sess->linger, conn->fd, max);
  }
  if (fd < 0) {
    return false;
  }

  ftps_conn_set_fd(conn, fd);
  sess->linger->later = conn;
  return true;
}

static void drop(struct ftps_linger *linger, int fd) {
  if (linger->later != NULL && linger->later->fd == fd) {
    (void) ftps_linger_end_now(linger);
  }

  (void) close(fd);
}

nfds_t ftps_linger_list(const struct ftps_linger *linger, struct pollfd *pfds) {
  for (nfds_t i = 0; i < linger->count; i++) {
    pfds[i] = (struct pollfd){ .fd = linger->fds[i], .events = POLLIN };
  }

  return linger->count;
}

void ftps_linger_drain(struct ftps_linger *linger, const struct pollfd *pfds) {
  nfds_t kept = 0;

  for (nfds_t i = 0; i < linger->count; i++) {
    if (pfds[i].revents != 0 &&
        ftps_drain_read(pfds[i].fd, &linger->left[i]) != FTPS_DRAIN_MORE) {
      drop(linger, pfds[i].fd);
      continue;
    }

    linger->fds[kept] = linger->fds[i];
    linger->left[kept] = linger->left[i];
    kept++;
  }

  linger->count = kept;
  errno = 0;
}

/* ProFTPD 1.3.10 blocks signals while a session ends, so they do not interrupt
 * the wait.
 */
static bool is_told_to_end(void) {
  static const int ends[] = { SIGTERM, SIGINT, SIGQUIT };
  sigset_t pending;

  if (sigpending(&pending) < 0) {
    return false;
  }

  for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
    if (sigismember(&pending, ends[i]) == 1) {
      return true;
    }
  }
  return false;
}

/* Every signal except that of a timer is meant to end the session, so it ends
 * the wait.
 */
static void wait_for_clients(struct ftps_linger *linger) {
  uint64_t deadline = ftps_clock_ms() + END_MS;
  uint64_t now;

  (void) alarm(0);
  while (linger->count > 0 && (now = ftps_clock_ms()) < deadline &&
      !is_told_to_end()) {
    struct pollfd pfds[FTPS_LINGER_MAX];
    nfds_t count = ftps_linger_list(linger, pfds);
    uint64_t left = deadline - now;

    if (poll(pfds, count, left < SLICE_MS ? (int) left : SLICE_MS) < 0) {
      return;
    }
    ftps_linger_drain(linger, pfds);
  }
}

void ftps_linger_end(struct ftps_linger *linger) {
  (void) ftps_linger_end_now(linger);
  if (linger->count > 0 &&
      session.disconnect_reason != PR_SESS_DISCONNECT_SIGNAL &&
      session.disconnect_reason != PR_SESS_DISCONNECT_SEGFAULT) {
    wait_for_clients(linger);
  }

  poll_now(linger);
  for (nfds_t i = 0; i < linger->count; i++) {
    (void) close(linger->fds[i]);
  }
  linger->count = 0;
}
