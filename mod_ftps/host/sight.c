/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * sight.c: see sight.h.
 */
#include "host/sight.h"

#include "base/daemon.h"
#include "conn/conn.h"
#include "counts/counts.h"
#include "log/log.h"
#include "vhost/offer.h"

static void count(const struct ftps_conn *conn) {
  char buffer[FTPS_OFFER_NAME_SIZE];
  const char *exchange = ftps_offer_key_exchange(conn->ssl, buffer);
  const SSL_CIPHER *cipher = SSL_get_current_cipher(conn->ssl);
  struct ftps_counts_handshake handshake = {
    .channel = conn->tag.kind == FTPS_KIND_DATA ? FTPS_COUNTS_DATA
                                                : FTPS_COUNTS_CONTROL,
    .version = ftps_counts_version_of(SSL_version(conn->ssl)),
    .resumed = ftps_conn_resumed_by(conn),
    .suite = cipher != NULL ? SSL_CIPHER_get_protocol_id(cipher) : 0,
    .group = exchange != NULL ? ftps_offer_number_of(exchange) : 0,
  };

  ftps_counts_add_handshake(ftps_daemon_get0()->counts, &handshake);
}

void ftps_sight_handshake(const struct ftps_conn *conn, const char *fmt, ...) {
  va_list args;

  count(conn);
  va_start(args, fmt);
  ftps_log_args(fmt, args);
  va_end(args);
}
