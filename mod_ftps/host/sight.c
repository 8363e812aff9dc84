/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * sight.c: see sight.h.
 */
#include "host/sight.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/daemon.h"
#include "base/x509_text.h"
#include "conn/conn.h"
#include "counts/counts.h"
#include "host/event.h"
#include "host/names.h"
#include "host/session.h"
#include "log/log.h"
#include "vhost/offer.h"

/* What is told of a handshake. */
struct facts {
  struct ftps_counts_handshake numbers;
  const char *exchange; /* or NULL */
  char buffer[FTPS_OFFER_NAME_SIZE];
};

static void read_facts(const struct ftps_conn *conn, struct facts *facts) {
  const SSL_CIPHER *cipher = SSL_get_current_cipher(conn->ssl);
  struct ftps_counts_handshake *numbers = &facts->numbers;

  facts->exchange = ftps_offer_key_exchange(conn->ssl, facts->buffer);
  numbers->channel =
      conn->tag.kind == FTPS_KIND_DATA ? FTPS_COUNTS_DATA : FTPS_COUNTS_CONTROL;
  numbers->version = ftps_counts_version_of(SSL_version(conn->ssl));
  numbers->resumed = ftps_conn_resumed_by(conn);
  numbers->suite = cipher != NULL ? SSL_CIPHER_get_protocol_id(cipher) : 0;
  numbers->group =
      facts->exchange != NULL ? ftps_offer_number_of(facts->exchange) : 0;
}

/* Returns NULL if there is no certificate. */
static const char *name_subject(const X509 *cert, char *name, size_t size) {
  if (cert == NULL) {
    return NULL;
  }

  (void) ftps_text_name(X509_get_subject_name(cert), name, size);
  return name;
}

static void log_event(const struct ftps_conn *conn, const struct facts *facts,
    const char *text) {
  const X509 *own =
      SSL_session_reused(conn->ssl) ? NULL : SSL_get_certificate(conn->ssl);
  char name[256], client[256];
  const struct ftps_event event = { .kind = "handshake",
    .is_data = facts->numbers.channel == FTPS_COUNTS_DATA,
    .version = SSL_get_version(conn->ssl),
    .suite = SSL_get_cipher_name(conn->ssl),
    .group = facts->exchange,
    .resumed = ftps_counts_name_resumed(facts->numbers.resumed),
    .certificate = name_subject(own, name, sizeof(name)),
    .client_certificate = name_subject(SSL_get0_peer_certificate(conn->ssl),
        client, sizeof(client)),
    .ms = (int64_t) (ftps_clock_ms() - conn->began),
    .in = (int64_t) ftps_conn_bytes_in(conn),
    .out = (int64_t) ftps_conn_bytes_out(conn) };

  ftps_event_log(&event, text);
}

void ftps_sight_handshake(const struct ftps_conn *conn, const char *fmt, ...) {
  struct facts facts;
  char text[1024];
  va_list args;

  read_facts(conn, &facts);
  ftps_counts_add_handshake(ftps_daemon_get0()->counts, &facts.numbers);

  va_start(args, fmt);
  (void) vsnprintf(text, sizeof(text), fmt, args);
  va_end(args);
  if (ftps_log_has_pairs()) {
    log_event(conn, &facts, text);
  } else {
    ftps_log("%s", text);
  }
}

modret_t *ftps_sight_log_any(cmd_rec *cmd) {
  struct ftps_session *sess = ftps_session_current();
  size_t n = sess != NULL ? strlen(sess->steps) : FTPS_CLIENTS_STEPS;

  if (n < FTPS_CLIENTS_STEPS) {
    sess->steps[n] =
        ftps_clients_step(cmd->argv[0], cmd->argc > 1 ? cmd->argv[1] : NULL);
  }

  return PR_DECLINED(cmd);
}

static void count_client(const struct ftps_session *sess,
    enum ftps_clients_event event) {
  const char *clnt = pr_table_get(session.notes, FTPS_NOTE_CLNT, NULL);

  ftps_clients_add(ftps_daemon_get0()->clients,
      ftps_clients_find(clnt, sess->steps), &sess->control->print, event);
}

void ftps_sight_session(struct ftps_session *sess) {
  if (!sess->is_counted && sess->control != NULL && session.user != NULL) {
    sess->is_counted = true;
    count_client(sess, FTPS_CLIENTS_SESSION);
  }
}

void ftps_sight_data(struct ftps_session *sess, enum ftps_clients_event event) {
  if (sess->control != NULL && session.user != NULL) {
    ftps_sight_session(sess);
    count_client(sess, event);
  }
}
