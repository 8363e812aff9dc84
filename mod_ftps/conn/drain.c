/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * drain.c: see drain.h.
 */
#include "conn/drain.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "base/clock.h"
#include "conn/conn.h"
#include "conn/conn_own.h"
#include "conn/wait.h"

/* A close_notify record of any cipher, and the FIN. */
#define END_SIZE 128

/* Time between two checks of a client that has closed its end and has not
 * acknowledged ours.
 */
#define LOOK_MS 20

/* The control buffer is needed if the kernel decrypts: without one a read fails
 * if the record has an alert.
 */
static ssize_t receive(int fd, void *buf, size_t size) {
  char control[CMSG_SPACE(sizeof(unsigned char))];
  struct iovec vec = { .iov_base = buf, .iov_len = size };
  struct msghdr msg = { .msg_iov = &vec,
    .msg_iovlen = 1,
    .msg_control = control,
    .msg_controllen = sizeof(control) };

  return recvmsg(fd, &msg, MSG_DONTWAIT);
}

static enum ftps_drain take_from(size_t *left, size_t got) {
  if (got > *left) {
    return FTPS_DRAIN_FLOOD;
  }

  *left -= got;
  return FTPS_DRAIN_MORE;
}

enum ftps_drain ftps_drain_read(int fd, size_t *left) {
  char bytes[16384];
  ssize_t got = receive(fd, bytes, sizeof(bytes));

  if (got == 0) {
    return FTPS_DRAIN_CLOSED;
  }
  if (got < 0) {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR
        ? FTPS_DRAIN_MORE
        : FTPS_DRAIN_RESET;
  }

  return take_from(left, (size_t) got);
}

/* The kernel keeps the number after a reset. */
bool ftps_drain_is_behind(int fd) {
  int left = 0;

  return ioctl(fd, SIOCOUTQ, &left) == 0 && left > END_SIZE;
}

/* What we know of a client while we wait for its end. */
struct look {
  size_t left;        /* as in ftps_drain_read() */
  bool is_raw;        /* the library has no more to read */
  bool is_unasked;    /* it returned without a look at the socket (io.c) */
  bool said_farewell; /* by close_notify or FIN */
};

/* A client that reads no more sends close_notify, and may then reset the
 * connection because it has not read ours.
 */
static enum ftps_drain read_records(struct ftps_conn *conn, struct look *look) {
  unsigned char bytes[4096];
  size_t len;
  int ret, ssl_error, xerrno;

  ERR_clear_error();
  errno = 0;
  while ((ret = SSL_read_ex(conn->ssl, bytes, sizeof(bytes), &len)) == 1) {
    if (take_from(&look->left, len) == FTPS_DRAIN_FLOOD) {
      return FTPS_DRAIN_FLOOD;
    }
  }

  xerrno = errno;
  ssl_error = SSL_get_error(conn->ssl, ret);
  ERR_clear_error();
  look->is_raw = ssl_error != SSL_ERROR_WANT_READ;
  look->is_unasked = !look->is_raw && xerrno == 0;
  if (conn->own->read_errno == ECONNRESET ||
      (ssl_error == SSL_ERROR_SYSCALL && xerrno == ECONNRESET)) {
    return FTPS_DRAIN_RESET;
  }
  if (ssl_error != SSL_ERROR_ZERO_RETURN) {
    return FTPS_DRAIN_MORE;
  }

  look->said_farewell = true;
  return BIO_eof(SSL_get_rbio(conn->ssl)) ? FTPS_DRAIN_CLOSED : FTPS_DRAIN_MORE;
}

static enum ftps_drain read_on(struct ftps_conn *conn, struct look *look) {
  enum ftps_drain res =
      look->is_raw ? FTPS_DRAIN_MORE : read_records(conn, look);

  return res == FTPS_DRAIN_MORE && look->is_raw
      ? ftps_drain_read(conn->fd, &look->left)
      : res;
}

/* The client has closed its end and may still read, or reset.  Both directions
 * are closed, so poll() reports nothing more.
 */
static enum ftps_drain await_acknowledgement(struct ftps_conn *conn,
    uint64_t deadline) {
  int fd = conn->fd, error = 0, res = 0;
  socklen_t len = sizeof(error);

  while (res == 0 && ftps_drain_is_behind(fd) && ftps_clock_ms() < deadline) {
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error != 0) {
      return FTPS_DRAIN_RESET;
    }

    conn->fd = -1;
    res = ftps_conn_wait(conn, 0, ftps_clock_ms() + LOOK_MS);
    conn->fd = fd;
  }

  return FTPS_DRAIN_CLOSED;
}

/* A client that has sent its end and whose kernel has everything sends nothing
 * more.  Some clients close only after the reply, so we do not wait for their
 * FIN.
 */
static bool has_all(const struct ftps_conn *conn, const struct look *look) {
  return look->said_farewell && !ftps_drain_is_behind(conn->fd);
}

/* poll() does not report an acknowledgement.  Returns false if the time is
 * over, or if the wait was given up.
 */
static bool wait_on(struct ftps_conn *conn, const struct look *look,
    uint64_t deadline) {
  uint64_t next = ftps_clock_ms() + LOOK_MS;
  uint64_t until = look->said_farewell && next < deadline ? next : deadline;
  int res;

  if (look->is_unasked) {
    ftps_conn_go_on();
    return ftps_clock_ms() < deadline;
  }

  res = look->is_raw ? ftps_conn_wait(conn, POLLIN, until)
                     : ftps_conn_wait_readable(conn, until);
  return res > 0 || (res == 0 && ftps_clock_ms() < deadline);
}

static enum ftps_drain read_to_the_end(struct ftps_conn *conn,
    struct look *look, uint64_t deadline) {
  enum ftps_drain res;

  do {
    res = read_on(conn, look);
    if (res != FTPS_DRAIN_MORE) {
      return res;
    }
    if (has_all(conn, look)) {
      return FTPS_DRAIN_CLOSED;
    }
  } while (wait_on(conn, look, deadline));

  return FTPS_DRAIN_MORE;
}

enum ftps_drain ftps_drain_wait(struct ftps_conn *conn, uint64_t deadline) {
  struct look look = { .left = FTPS_DRAIN_MAX,
    .said_farewell = conn->peer_closed };
  enum ftps_drain res;

  (void) ftps_conn_stop_blocking(conn->fd);
  (void) shutdown(conn->fd, SHUT_WR);
  res = read_to_the_end(conn, &look, deadline);
  if (res == FTPS_DRAIN_CLOSED) {
    res = await_acknowledgement(conn, deadline);
  } else if (res == FTPS_DRAIN_RESET && look.said_farewell &&
      !ftps_drain_is_behind(conn->fd)) {
    res = FTPS_DRAIN_CLOSED;
  }

  errno = 0;
  return res;
}
