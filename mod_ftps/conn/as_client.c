/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * as_client.c: see as_client.h.
 */
#include "conn/as_client.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "base/clock.h"
#include "conn/conn.h"
#include "conn/wait.h"

int ftps_client_check(struct ftps_conn *conn, struct ftps_error *err) {
  if ((SSL_get_verify_mode(conn->ssl) & SSL_VERIFY_PEER) &&
      SSL_get0_peer_certificate(conn->ssl) == NULL) {
    ftps_error_refuse(err, FTPS_REFUSAL_SERVER_NO_CERTIFICATE, NULL);
    return -1;
  }

  return 0;
}

/* Checks once.  Returns 1 if there is something, 0 to check again, -1 on
 * failure.
 */
static int look(struct ftps_conn *conn, uint64_t deadline,
    struct ftps_error *err) {
  unsigned char byte;
  size_t len;
  int ssl_error, res;

  ERR_clear_error();
  errno = 0;
  res = SSL_peek_ex(conn->ssl, &byte, 1, &len);
  if (res == 1) {
    return 1;
  }

  ssl_error = SSL_get_error(conn->ssl, res);
  if (ssl_error == SSL_ERROR_ZERO_RETURN) {
    return 1;
  }

  if (ssl_error != SSL_ERROR_WANT_READ) {
    conn->state = FTPS_CONN_DEAD;
    ftps_error_refuse_ssl(err, FTPS_REFUSAL_SERVER_ENDED);
    return -1;
  }

  res = ftps_conn_wait_readable(conn, deadline);
  if (res > 0) {
    return 0;
  }

  ftps_error_refuse(err,
      res == 0 ? FTPS_REFUSAL_SERVER_SILENT : FTPS_REFUSAL_SERVER_INTERRUPTED,
      NULL);
  return -1;
}

int ftps_client_await(struct ftps_conn *conn, unsigned int timeout,
    struct ftps_error *err) {
  uint64_t deadline = timeout > 0 ? ftps_clock_ms() + timeout * 1000ULL : 0;
  int flags = ftps_conn_stop_blocking(conn->fd);
  int res = 0;

  while (res == 0) {
    res = look(conn, deadline, err);
  }
  ftps_conn_restore_mode(conn->fd, flags);
  ERR_clear_error();
  errno = 0;
  return res > 0 ? 0 : -1;
}
