/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * handshake.c: see handshake.h.
 */
#include "conn/handshake.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "base/clock.h"
#include "base/watched.h"
#include "conn/as_client.h"
#include "conn/conn.h"
#include "conn/conn_own.h"
#include "conn/hello.h"
#include "conn/rekey.h"
#include "conn/resume.h"
#include "conn/wait.h"
#include "vhost/vhost.h"

/* Returns 1 for a handshake, 0 if there is nothing yet, -1 with `err` set. */
static int judge_first_bytes(struct ftps_conn *conn, struct ftps_error *err) {
  unsigned char bytes[3];
  ssize_t got;

  got = recv(conn->fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
  if (got == 0 ||
      (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
    ftps_error_refuse(err, FTPS_REFUSAL_NO_HANDSHAKE, NULL);
    return -1;
  }

  if (got > 0 && !ftps_hello_is_tls(bytes, (size_t) got)) {
    conn->plainly_not_tls = true;
    ftps_error_refuse(err, FTPS_REFUSAL_NOT_TLS, NULL);
    return -1;
  }

  return got > 0;
}

static int check_first_bytes(struct ftps_conn *conn, uint64_t deadline,
    struct ftps_error *err) {
  int res = ftps_conn_wait(conn, POLLIN, deadline);

  if (res <= 0) {
    ftps_error_refuse(err,
        res == 0 ? FTPS_REFUSAL_HANDSHAKE_LATE : FTPS_REFUSAL_WAIT_INTERRUPTED,
        NULL);
    return -1;
  }

  return judge_first_bytes(conn, err) < 0 ? -1 : 0;
}

static void set_handshake_error(struct ftps_conn *conn, int ssl_error,
    int xerrno, struct ftps_error *err) {
  conn->state = FTPS_CONN_DEAD;
  conn->ssl_error = ssl_error;
  if (conn->tag.refused_full) {
    ftps_error_refuse(err, FTPS_REFUSAL_NOT_RESUMED, NULL);
  }

  if (ftps_conn_is_client(conn) &&
      SSL_get_verify_result(conn->ssl) != X509_V_OK) {
    ftps_error_refuse(err, FTPS_REFUSAL_SERVER_CERTIFICATE,
        X509_verify_cert_error_string(SSL_get_verify_result(conn->ssl)));
  }

  if (ssl_error == SSL_ERROR_SYSCALL && ERR_peek_error() == 0 && xerrno != 0) {
    ftps_error_refuse(err, FTPS_REFUSAL_HANDSHAKE_FAILED, strerror(xerrno));

  } else if (ERR_peek_error() == 0) {
    ftps_error_refuse(err, FTPS_REFUSAL_HANDSHAKE_CLOSED, NULL);
  }

  ftps_error_refuse_ssl(err, FTPS_REFUSAL_HANDSHAKE_FAILED);
}

/* The library stops after our Finished only if the caller tries to read early
 * data, which no context accepts.  It also stops after a HelloRetryRequest, and
 * then not again.
 */
static int accept_half(struct ftps_conn *conn) {
  unsigned char none;
  size_t len;

  if (SSL_read_early_data(conn->ssl, &none, sizeof(none), &len) !=
      SSL_READ_EARLY_DATA_FINISH) {
    return -1;
  }

  conn->own->pause = conn->own->pause == FTPS_PAUSE_WANTED ? FTPS_PAUSE_TAKEN
                                                           : FTPS_PAUSE_NEVER;
  if (SSL_version(conn->ssl) >= TLS1_3_VERSION &&
      SSL_session_reused(conn->ssl) &&
      SSL_get_finished(conn->ssl, NULL, 0) > 0) {
    conn->state = FTPS_CONN_HALF;
    return 0;
  }

  return SSL_accept(conn->ssl);
}

/* Returns 1 when it is complete; 0 to call it again when the descriptor is
 * ready for *events_out (0: now); -1 on failure.
 */
static int advance(struct ftps_conn *conn, short *events_out,
    struct ftps_error *err) {
  int res, ssl_error, xerrno;

  ERR_clear_error();
  errno = 0;
  *events_out = 0;
  if (conn->state == FTPS_CONN_HALF) {
    conn->state = FTPS_CONN_NEW;
  }
  if (conn->own->pause == FTPS_PAUSE_PASSED ||
      conn->own->pause == FTPS_PAUSE_WANTED) {
    res = accept_half(conn);
  } else {
    res = ftps_conn_is_client(conn) ? SSL_connect(conn->ssl)
                                    : SSL_accept(conn->ssl);
  }
  xerrno = errno;
  if (res == 1 || conn->state == FTPS_CONN_HALF) {
    return res;
  }

  ssl_error = SSL_get_error(conn->ssl, res);
  if (ssl_error == SSL_ERROR_WANT_CLIENT_HELLO_CB) {
    return 0;
  }
  if (ssl_error == SSL_ERROR_WANT_READ) {
    *events_out = POLLIN;
    return 0;
  }
  if (ssl_error == SSL_ERROR_WANT_WRITE) {
    *events_out = POLLOUT;
    return 0;
  }

  set_handshake_error(conn, ssl_error, xerrno, err);
  return -1;
}

/* How often a ClientHello is judged again that waits for another session
 * (conn/resume.h).
 */
#define AGAIN_MS 10

/* Neither bytes of the client nor a command ends this wait; a client that has
 * left does.
 */
static int await_login(struct ftps_conn *conn) {
  struct pollfd pfd = { .fd = conn->fd, .events = 0 };

  if (ftps_conn_pause(conn, AGAIN_MS) < 0) {
    return -1;
  }
  if (poll(&pfd, 1, 0) > 0) {
    conn->own->may_await = false;
  }

  return 1;
}

/* Returns as ftps_conn_wait(). */
static int wait_for_step(struct ftps_conn *conn, short events,
    uint64_t deadline) {
  if (events == POLLIN) {
    return ftps_conn_wait_readable(conn, deadline);
  }
  if (events != 0) {
    return ftps_conn_wait(conn, events, deadline);
  }
  if (SSL_want(conn->ssl) != SSL_CLIENT_HELLO_CB) {
    return 1;
  }

  return await_login(conn);
}

/* One step, and the wait for the next one; returns as above. */
static int step_handshake(struct ftps_conn *conn, uint64_t deadline,
    struct ftps_error *err) {
  short events;
  int res = advance(conn, &events, err);

  if (res != 0) {
    return res;
  }

  res = wait_for_step(conn, events, deadline);
  if (res > 0) {
    return 0;
  }

  conn->state = FTPS_CONN_DEAD;
  ftps_error_refuse(err,
      res == 0 ? FTPS_REFUSAL_HANDSHAKE_SLOW
               : FTPS_REFUSAL_HANDSHAKE_INTERRUPTED,
      NULL);
  return -1;
}

/* Most data connections resume, and have never had a key. */
static void take_key_back(struct ftps_conn *conn) {
  if (conn->own->has_key && ftps_shown_is_set(&conn->own->named)) {
    ftps_shown_take_back(&conn->own->named, conn->ssl);
  } else if (conn->own->has_key) {
    ftps_vhost_take_keys_back(conn->vhost, conn->ssl);
  }
}

static int finish_handshake(struct ftps_conn *conn, struct ftps_error *err) {
  /* The client's Finished may be the last message: the client waits before it
   * sends the next one.
   */
  ftps_conn_acknowledge(conn);
  conn->state = FTPS_CONN_OPEN;
  ftps_rekey_start(conn);
  if (ftps_conn_is_client(conn)) {
    return ftps_client_check(conn, err);
  }

  take_key_back(conn);
  return conn->tag.kind == FTPS_KIND_CONTROL
      ? ftps_resume_keep_session(conn, err)
      : 0;
}

static bool is_paused(const struct ftps_conn *conn) {
  return conn->state == FTPS_CONN_HALF && conn->own->pause >= FTPS_PAUSE_TAKEN;
}

static int run_handshake(struct ftps_conn *conn, struct ftps_error *err) {
  int res = 0;

  if (!ftps_conn_is_client(conn) && SSL_in_before(conn->ssl) &&
      check_first_bytes(conn, conn->own->deadline, err) < 0) {
    conn->state = FTPS_CONN_DEAD;
    return -1;
  }

  while (res == 0 && !is_paused(conn)) {
    res = step_handshake(conn, conn->own->deadline, err);
  }

  return res > 0 ? finish_handshake(conn, err) : res;
}

int ftps_handshake_try(struct ftps_conn *conn, struct ftps_error *err) {
  short events;
  int res = 1;

  if (SSL_in_before(conn->ssl)) {
    res = judge_first_bytes(conn, err);
  }
  if (res > 0) {
    res = advance(conn, &events, err);
  }

  if (res < 0) {
    conn->state = FTPS_CONN_DEAD;
  } else if (res == 0) {
    ftps_conn_acknowledge(conn);
  } else if (finish_handshake(conn, err) < 0) {
    res = -1;
  }

  ERR_clear_error();
  errno = 0;
  return res;
}

static int shake_hands(struct ftps_conn *conn, struct ftps_error *err) {
  int flags = ftps_conn_stop_blocking(conn->fd);
  int res;

  if (flags < 0) {
    ftps_error_set_errno(err, errno, "preparing the TLS handshake");
    return -1;
  }

  res = run_handshake(conn, err);
  if (conn->is_watched && conn->state != FTPS_CONN_DEAD) {
    ftps_watched_settle(conn->own->watched, conn->ssl);
  }
  ftps_conn_restore_mode(conn->fd, flags);
  errno = 0;
  return res;
}

int ftps_handshake_run(struct ftps_conn *conn, unsigned int timeout,
    struct ftps_error *err) {
  conn->own->deadline = timeout > 0 ? ftps_clock_ms() + timeout * 1000ULL : 0;
  conn->own->may_await = conn->tag.kind == FTPS_KIND_DATA;
  return shake_hands(conn, err);
}

int ftps_handshake_finish(struct ftps_conn *conn, struct ftps_error *err) {
  int off = 0;

  /* ProFTPD corks the socket around each write. */
  (void) setsockopt(conn->fd, IPPROTO_TCP, TCP_CORK, &off, sizeof(off));
  conn->own->pause = FTPS_PAUSE_NEVER;
  return shake_hands(conn, err);
}
