/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * data.c: see data.h.
 *
 * DIAGNOSTICS: a refusal is a 425 whose first line is the reason, and a line in
 * TLSLog.
 */
#include "host/data/data.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/settings.h"
#include "base/x509_text.h"
#include "conn/as_client.h"
#include "conn/close.h"
#include "conn/conn.h"
#include "conn/handshake.h"
#include "conn/peer.h"
#include "conn/resume.h"
#include "host/data/as_client.h"
#include "host/data/buffers.h"
#include "host/data/data_conn.h"
#include "host/data/early.h"
#include "host/data/linger.h"
#include "host/data/sendfile.h"
#include "host/data/transfer.h"
#include "host/names.h"
#include "host/reply.h"
#include "host/session.h"
#include "host/sight.h"
#include "log/log.h"
#include "vhost/offer.h"

/* Frees the connection.  Returns whether its socket is still read. */
static bool end_refused(struct ftps_session *sess, struct ftps_conn *conn) {
  size_t max = ftps_data_count_dropped(conn->fd);
  bool is_kept;

  if (ftps_transfer_is_upload() && ftps_linger_end_later(sess, conn, max)) {
    return true;
  }

  ftps_conn_close(conn, false);
  is_kept = ftps_linger_keep(sess, conn, max);
  ftps_conn_free(conn);
  return is_kept;
}

static int refuse(struct ftps_session *sess, struct ftps_conn *conn,
    const struct ftps_error *err) {
  bool was_open = conn != NULL && conn->state == FTPS_CONN_OPEN;
  bool is_kept = false;
  bool not_reused = conn != NULL && conn->tag.must_resume &&
      (conn->tag.refused_full || was_open);
  enum ftps_refusal refusal =
      not_reused ? FTPS_REFUSAL_DATA_NOT_REUSED : FTPS_REFUSAL_DATA;

  ftps_reply_log_error(refusal, err);
  if (not_reused) {
    ftps_sight_data(sess, FTPS_CLIENTS_REFUSED);
  }
  if (conn != NULL) {
    ftps_data_count_refused(sess, conn);
    pr_event_generate(FTPS_EVENT_DATA_FAILED, &conn->ssl_error);
    is_kept = end_refused(sess, conn);
  }
  ftps_data_close_sockets(is_kept);

  if (ftps_data_is_of_module()) {
    sess->unanswered = *err;
  }
  ftps_reply_add(refusal, err->text);
  session.d->xerrno = EPERM;
  errno = EPERM;
  return -1;
}

/* A handshake that began early may be complete already. */
static void shake_hands(const struct ftps_session *sess, struct ftps_conn *conn,
    struct ftps_error *err) {
  unsigned int timeout = sess->settings->handshake_timeout;

  if (ftps_conn_may_pause(conn)) {
    ftps_conn_expect(conn, ftps_data_may_pause(sess),
        ftps_transfer_is_listing()
            ? 0
            : ftps_transfer_count_expected(sess->is_bare));
  }

  if (conn->state == FTPS_CONN_OPEN ||
      ftps_handshake_run(conn, timeout, err) == 0) {
    (void) ftps_conn_is_bound(conn, err);
    if (conn->tag.peer != NULL && ftps_transfer_is_upload()) {
      (void) ftps_client_await(conn, timeout, err);
    }
  }
}

/* Who would be refused, if every data connection had to resume. */
static void log_let_off(struct ftps_session *sess,
    const struct ftps_conn *conn) {
  unsigned long options = sess->settings->options;

  if (conn->tag.peer != NULL || SSL_session_reused(conn->ssl) ||
      (options & FTPS_OPT_NO_SESSION_REUSE) != 0) {
    return;
  }

  sess->let_off++;
  if (options & FTPS_OPT_REUSE_OR_LOG) {
    ftps_log("data connection did not reuse the TLS session, number %u of this "
             "session; TLSSessionReuse log accepts it from the client's "
             "address",
        sess->let_off);
  } else if ((options & FTPS_OPT_REUSE_OR_CERTIFICATE) != 0 &&
      ftps_peer_get0_verified(sess->control) != NULL) {
    ftps_log("data connection did not reuse the TLS session, number %u of this "
             "session; TLSSessionReuse certificate accepts it with the "
             "client's certificate",
        sess->let_off);
  } else {
    ftps_log("data connection after CCC did not reuse the TLS session; it is "
             "accepted because it comes from the client's address");
  }
}

static void log_accepted(const struct ftps_conn *conn) {
  char buffer[FTPS_OFFER_NAME_SIZE];
  const char *exchange = ftps_offer_key_exchange(conn->ssl, buffer);
  const char *comma = exchange != NULL ? ", key exchange " : "";
  const char *way = "";

  if (ftps_conn_is_in_kernel(conn)) {
    way = " (KernelTLS)";
  } else if (conn->state == FTPS_CONN_HALF) {
    way = " (DataWithHandshake)";
  }

  if (SSL_session_reused(conn->ssl)) {
    ftps_sight_handshake(conn, "%s: %s%s%s%s%s", SSL_get_version(conn->ssl),
        FTPS_LOG_REUSED,
        conn->is_of_login ? " (another control connection of the same login)"
                          : "",
        comma, exchange != NULL ? exchange : "", way);
  } else {
    ftps_sight_handshake(conn, "%s data connection %s, using cipher %s%s%s%s",
        SSL_get_version(conn->ssl),
        conn->tag.peer != NULL ? "made as TLS client (SSCN)" : "accepted",
        SSL_get_cipher_name(conn->ssl), comma, exchange != NULL ? exchange : "",
        way);
  }
}

static struct ftps_conn *make_conn(struct ftps_session *sess,
    struct ftps_error *err) {
  struct ftps_conn_peer peer;

  ftps_data_uncork(sess, session.d->wfd);
  if (!ftps_data_is_client(sess)) {
    return ftps_data_new_conn(sess, session.d->wfd, NULL, err);
  }
  if (ftps_data_check_peer(sess, err) < 0) {
    return NULL;
  }

  ftps_data_describe_peer(sess, &peer);
  return ftps_data_new_conn(sess, session.d->wfd, &peer, err);
}

int ftps_data_accept(struct ftps_session *sess) {
  struct ftps_conn *conn;
  struct ftps_error err;

  ftps_error_clear(&err);
  ftps_error_clear(&sess->unfinished);
  ftps_sendfile_forbid(sess);
  conn = ftps_early_take(sess, &err);
  if (sess->control == NULL ||
      (sess->control->state != FTPS_CONN_OPEN &&
          !ftps_session_is_cleared(sess))) {
    ftps_error_refuse(&err, FTPS_REFUSAL_NO_CONTROL, NULL);
    return refuse(sess, conn, &err);
  }

  if (conn == NULL) {
    conn = make_conn(sess, &err);
  }
  if (conn != NULL && err.text[0] == '\0') {
    shake_hands(sess, conn, &err);
  }

  /* Clients with OpenSSL use each ticket once: the next reply brings one that
   * replaces the ticket of this connection.
   */
  ftps_resume_send_ticket(sess->control, time(NULL));

  if (conn == NULL || err.text[0] != '\0') {
    return refuse(sess, conn, &err);
  }

  ftps_data_delay(sess, session.d->wfd);
  ftps_conn_free(sess->data);
  sess->data = conn;
  ftps_sendfile_allow(sess, conn);
  ftps_buffers_begin(sess);
  if (SSL_session_reused(conn->ssl) && !ftps_session_is_cleared(sess)) {
    sess->has_resumed = true;
  }
  log_accepted(conn);
  if (conn->tag.peer == NULL) {
    ftps_sight_data(sess,
        SSL_session_reused(conn->ssl) ? FTPS_CLIENTS_RESUMED
                                      : FTPS_CLIENTS_FULL);
  }
  log_let_off(sess, conn);
  return 0;
}
