/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * close.c: see close.h.
 */
#include "conn/close.h"

#include <errno.h>
#include <poll.h>

#include <openssl/err.h>

#include "base/watched.h"
#include "conn/conn.h"
#include "conn/conn_own.h"
#include "conn/resume.h"
#include "conn/wait.h"

/* Flushes the buffer that io.c has put before the socket. */
static int flush(SSL *ssl) {
  BIO *bio = SSL_get_wbio(ssl);

  if (BIO_flush(bio) > 0) {
    return 1;
  }

  return BIO_should_retry(bio) ? 0 : -1;
}

/* A ticket that waits for the next write keeps the connection "in init".
 * SSL_shutdown() then fails without a close_notify.
 */
static int send_close_notify(struct ftps_conn *conn) {
  int res = 1;

  if (conn->farewell != FTPS_FAREWELL_NONE) {
    return 1;
  }

  ERR_clear_error();
  if (SSL_in_init(conn->ssl)) {
    res = SSL_do_handshake(conn->ssl);
  }

  if (res == 1) {
    res = SSL_shutdown(conn->ssl);
    if (res >= 0) {
      conn->farewell = FTPS_FAREWELL_SAID;
      return 1;
    }
  }

  return SSL_get_error(conn->ssl, res) == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

void ftps_conn_notify(struct ftps_conn *conn) {
  int flags = ftps_conn_stop_blocking(conn->fd);

  while (send_close_notify(conn) == 0 && ftps_conn_wait(conn, POLLOUT, 0) > 0) {
  }
  ftps_conn_restore_mode(conn->fd, flags);
  ERR_clear_error();
}

void ftps_conn_close(struct ftps_conn *conn, bool is_patient) {
  int flags, res, flushed = -1;

  if (conn->tag.kind == FTPS_KIND_CONTROL) {
    ftps_resume_forget_failed(conn);
  }

  if (conn->state != FTPS_CONN_OPEN && conn->state != FTPS_CONN_HALF) {
    return;
  }

  flags = ftps_conn_stop_blocking(conn->fd);
  while ((res = send_close_notify(conn)) == 0 && is_patient &&
      ftps_conn_wait(conn, POLLOUT, 0) > 0) {
  }
  while (res > 0 && (flushed = flush(conn->ssl)) == 0 && is_patient &&
      ftps_conn_wait(conn, POLLOUT, 0) > 0) {
  }

  if (conn->is_watched) {
    ftps_watched_release(conn->own->watched);
  }
  ftps_conn_restore_mode(conn->fd, flags);
  ERR_clear_error();
  errno = 0;
  conn->state = FTPS_CONN_CLOSED;
  if (flushed == 1) {
    conn->farewell = FTPS_FAREWELL_SENT;
  }
}

/* The library is told that close_notify was sent.  Otherwise it would make the
 * TLS session useless for later connections.
 */
void ftps_conn_cut(struct ftps_conn *conn) {
  if (conn->state == FTPS_CONN_OPEN || conn->state == FTPS_CONN_HALF) {
    SSL_set_shutdown(conn->ssl, SSL_SENT_SHUTDOWN);
    conn->state = FTPS_CONN_CLOSED;
  }
}
