/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * linger.c: see linger.h.
 */
#include "host/data/linger.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/settings.h"
#include "conn/conn.h"
#include "host/data/transfer.h"
#include "host/session.h"

/* The host's own default of TimeoutLinger. */
#define END_MS 10000

/* Alerts and answers to KeyUpdate are all that a client may still have to say.
 */
#define UNREAD_MAX 65536

struct ftps_linger {
  int fds[FTPS_LINGER_MAX];       /* the first `count` are in use */
  size_t unread[FTPS_LINGER_MAX]; /* bytes thrown away */
  nfds_t count;
};

struct ftps_linger *ftps_linger_new(pool *p) {
  return pcalloc(p, sizeof(struct ftps_linger));
}

/* Does the reply say what is true?  Of an upload, that all has come. */
static bool may_be_taken(const struct ftps_session *sess,
    const struct ftps_conn *conn, const pr_netio_stream_t *nstrm) {
  return (sess->settings->options & FTPS_OPT_REPLY_WHEN_SENT) != 0 &&
      conn->tag.peer == NULL && conn->has_said_all &&
      (conn->peer_closed || !ftps_transfer_is_upload()) &&
      (session.sf_flags & SF_ABORT) == 0 && session.d != NULL &&
      nstrm == session.d->outstrm && nstrm->strm_fd == session.d->wfd;
}

static void poll_now(struct ftps_linger *linger) {
  struct pollfd pfds[FTPS_LINGER_MAX];
  nfds_t count = ftps_linger_list(linger, pfds);

  if (poll(pfds, count, 0) > 0) {
    ftps_linger_drain(linger, pfds);
  }
}

bool ftps_linger_take(struct ftps_session *sess, const struct ftps_conn *conn,
    pr_netio_stream_t *nstrm) {
  struct ftps_linger *linger = sess->linger;

  if (!may_be_taken(sess, conn, nstrm)) {
    return false;
  }

  if (linger->count == FTPS_LINGER_MAX) {
    poll_now(linger);
  }
  if (linger->count == FTPS_LINGER_MAX ||
      shutdown(nstrm->strm_fd, SHUT_WR) < 0) {
    return false;
  }

  linger->fds[linger->count] = nstrm->strm_fd;
  linger->unread[linger->count] = 0;
  linger->count++;
  nstrm->strm_fd = session.d->wfd = -1;
  return true;
}

nfds_t ftps_linger_list(const struct ftps_linger *linger, struct pollfd *pfds) {
  for (nfds_t i = 0; i < linger->count; i++) {
    pfds[i] = (struct pollfd){ .fd = linger->fds[i], .events = POLLIN };
  }

  return linger->count;
}

/* Has it ended? */
static bool read_rest(int fd, size_t *unread) {
  char bytes[4096];
  ssize_t got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

  if (got < 0) {
    return errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
  }

  *unread += (size_t) got;
  return got == 0 || *unread > UNREAD_MAX;
}

void ftps_linger_drain(struct ftps_linger *linger, const struct pollfd *pfds) {
  nfds_t kept = 0;

  for (nfds_t i = 0; i < linger->count; i++) {
    if (pfds[i].revents != 0 && read_rest(pfds[i].fd, &linger->unread[i])) {
      (void) close(pfds[i].fd);
      continue;
    }

    linger->fds[kept] = linger->fds[i];
    linger->unread[kept] = linger->unread[i];
    kept++;
  }

  linger->count = kept;
  errno = 0;
}

/* Any signal but that of a timer is to end the session, so it ends the wait. */
static void wait_for_clients(struct ftps_linger *linger) {
  uint64_t deadline = ftps_clock_ms() + END_MS;
  uint64_t now;

  (void) alarm(0);
  while (linger->count > 0 && (now = ftps_clock_ms()) < deadline) {
    struct pollfd pfds[FTPS_LINGER_MAX];
    nfds_t count = ftps_linger_list(linger, pfds);

    if (poll(pfds, count, (int) (deadline - now)) < 0) {
      return;
    }
    ftps_linger_drain(linger, pfds);
  }
}

void ftps_linger_end(struct ftps_linger *linger) {
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
