/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * wait.c: see wait.h.
 */
#include "conn/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "conn/conn.h"
#include "conn/conn_own.h"

/* Signals that arrive just before poll() are handled after a second at most. */
#define WAIT_SLICE_MS 1000
#define BUSY_SLICE_MS 500

static struct ftps_conn_hooks conn_hooks;

void ftps_conn_set_hooks(const struct ftps_conn_hooks *hooks) {
  conn_hooks = *hooks;
}

static int slice_until(uint64_t deadline) {
  uint64_t now = ftps_clock_ms();

  if (deadline == 0) {
    return WAIT_SLICE_MS;
  }
  if (now >= deadline) {
    return -1;
  }

  return deadline - now < WAIT_SLICE_MS ? (int) (deadline - now)
                                        : WAIT_SLICE_MS;
}

int ftps_conn_wait(const struct ftps_conn *conn, short events,
    uint64_t deadline) {
  struct pollfd pfds[2] = { { .fd = conn->fd, .events = events },
    { .fd = conn->own->control_fd, .events = POLLIN } };
  int slice, res;

  conn_hooks.handle_signals();
  while ((slice = slice_until(deadline)) >= 0) {
    res = poll(pfds, 2, slice);
    if (res > 0 && pfds[0].revents != 0) {
      return 1;
    }

    if (res < 0 && errno != EINTR) {
      return -1;
    }

    if (conn_hooks.interrupted(conn)) {
      errno = EINTR;
      return -1;
    }

    /* A command that does not end the wait stays unread, and must not make this
     * loop spin.
     */
    if (res > 0 && poll(pfds, 1, BUSY_SLICE_MS) > 0) {
      return 1;
    }
  }

  return 0;
}

int ftps_conn_pause(const struct ftps_conn *conn, int milliseconds) {
  conn_hooks.handle_signals();
  (void) poll(NULL, 0, milliseconds);
  if (conn_hooks.interrupted(conn)) {
    errno = EINTR;
    return -1;
  }

  return 0;
}

void ftps_conn_acknowledge(const struct ftps_conn *conn) {
  int on = 1;

  (void) setsockopt(conn->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

void ftps_conn_go_on(void) {
  conn_hooks.handle_signals();
}

int ftps_conn_wait_readable(const struct ftps_conn *conn, uint64_t deadline) {
  if (ftps_conn_is_buffered(conn)) {
    ftps_conn_go_on();
    return slice_until(deadline) >= 0;
  }

  if (conn->tag.kind == FTPS_KIND_DATA || conn->state == FTPS_CONN_NEW) {
    ftps_conn_acknowledge(conn);
  }

  return ftps_conn_wait(conn, POLLIN, deadline);
}

int ftps_conn_stop_blocking(int fd) {
  int flags = fcntl(fd, F_GETFL);

  return flags < 0 || (flags & O_NONBLOCK) ||
          fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0
      ? flags
      : -1;
}

void ftps_conn_restore_mode(int fd, int flags) {
  if (flags >= 0 && !(flags & O_NONBLOCK)) {
    (void) fcntl(fd, F_SETFL, flags);
  }
}
