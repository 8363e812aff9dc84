/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * conn.c: see conn.h.
 *
 * The library is called only while its error queue is empty, and not at all
 * after a fatal error.
 */
#include "conn/conn.h"
#include "conn/conn_own.h"

#include <errno.h>

#include <openssl/err.h>

#include "base/clock.h"
#include "base/conn_index.h"
#include "base/ctx_index.h"
#include "base/daemon.h"
#include "base/watched.h"
#include "counts/counts.h"
#include "trust/verify_server.h"
#include "vhost/context.h"
#include "vhost/offer.h"
#include "vhost/vhost.h"

struct ftps_conn *ftps_conn_of(const SSL *ssl) {
  /* The tag is the first member. */
  return (struct ftps_conn *) ftps_conn_index_get(ssl);
}

static void inherit_control(struct ftps_conn *data,
    const struct ftps_conn *control) {
  data->own->base = control->own->base;
  data->own->resumable = control->own->resumable;
  data->own->named = control->own->named;
  data->own->has_ems = SSL_get_extms_support(control->ssl) == 1;
  data->own->control_peer = SSL_get0_peer_certificate(control->ssl);
  data->own->control_fd = control->fd;
}

/* The other server's certificate is verified; no session is resumed.  This
 * certificate is not the FTP client's.
 */
static void become_client(struct ftps_conn *data,
    const struct ftps_conn_peer *peer) {
  data->own->peer = *peer;
  data->tag.peer = &data->own->peer;
  data->tag.must_resume = false;
  data->own->control_peer = NULL;
}

bool ftps_conn_is_client(const struct ftps_conn *conn) {
  return conn->tag.peer != NULL;
}

static SSL_CTX *choose_context(const struct ftps_conn *conn) {
  return ftps_conn_is_client(conn) ? ftps_vhost_get0_client_context(conn->vhost)
                                   : ftps_vhost_get0_context(conn->own->base);
}

static void prepare_client(const struct ftps_conn *conn) {
  if (conn->tag.peer->must_be_listed) {
    ftps_verify_server_demand(conn->ssl);
  }
}

static int start_watching(struct ftps_conn *conn) {
  conn->own->watched = ftps_watched_new(conn->ssl, conn->fd);
  conn->is_watched = conn->own->watched != NULL;
  return conn->is_watched ? 0 : -1;
}

/* Whether the certificate is that of the control connection is checked after
 * the handshake, so that a client without one gets a reply.
 */
static void accept_no_certificate(const struct ftps_conn *conn) {
  if (conn->own->control_peer != NULL && conn->tag.may_finish_full) {
    SSL_set_verify(conn->ssl,
        SSL_get_verify_mode(conn->ssl) & ~SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
        SSL_get_verify_callback(conn->ssl));
  }
}

static int start_ssl(struct ftps_conn *conn) {
  conn->ssl = SSL_new(choose_context(conn));
  if (conn->ssl == NULL || SSL_set_fd(conn->ssl, conn->fd) != 1 ||
      ftps_conn_index_set(conn->ssl, &conn->tag) < 0) {
    return -1;
  }

  /* io.c distinguishes the end of the TCP stream from close_notify.  Without
   * this option the library sends a fatal alert.
   */
  (void) SSL_set_options(conn->ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);

  if (ftps_conn_is_client(conn)) {
    prepare_client(conn);
  } else if (conn->tag.kind == FTPS_KIND_DATA) {
    (void) SSL_set_num_tickets(conn->ssl, 0);
    if (conn->vhost != conn->own->base &&
        ftps_context_move(conn->ssl, ftps_vhost_get0_context(conn->vhost),
            ftps_vhost_settings(conn->own->base),
            ftps_vhost_settings(conn->vhost)) < 0) {
      return -1;
    }
    if (ftps_shown_is_set(&conn->own->named) &&
        ftps_shown_use_again(&conn->own->named, conn->ssl) < 0) {
      return -1;
    }
    if (conn->tag.must_resume) {
      ftps_offer_prefer_plain(conn->ssl, ftps_vhost_settings(conn->vhost));
    }
    accept_no_certificate(conn);
  }

  return 0;
}

static bool can_sign(const struct ftps_conn *conn) {
  return ftps_shown_is_set(&conn->own->named)
      ? ftps_shown_can_sign(&conn->own->named)
      : ftps_vhost_can_sign(conn->vhost);
}

/* Both parts are in one block. */
static struct ftps_conn *make_conn(void) {
  struct whole {
    struct ftps_conn conn; /* first, because this pointer is freed */
    struct ftps_conn_own own;
  } *whole = OPENSSL_zalloc(sizeof(*whole));

  if (whole == NULL) {
    return NULL;
  }

  whole->conn.own = &whole->own;
  return &whole->conn;
}

struct ftps_conn *ftps_conn_new(const struct ftps_conn_props *props,
    struct ftps_error *err) {
  struct ftps_conn *conn = make_conn();

  if (conn == NULL) {
    ftps_error_set_errno(err, ENOMEM, "memory for a TLS connection");
    return NULL;
  }

  ERR_clear_error();
  conn->ssl_error = SSL_ERROR_SSL; /* unless the library has another one */
  conn->began = ftps_clock_ms();
  conn->tag.kind = props->kind;
  conn->tag.token = props->token;
  conn->fd = props->fd;
  conn->own->control_fd = -1;
  conn->vhost = conn->own->base = props->vhost;
  conn->own->chooser = props->chooser;
  if (props->control != NULL) {
    inherit_control(conn, props->control);
    conn->tag.must_resume = !props->may_not_resume;
    conn->tag.may_finish_full = props->may_finish_full && can_sign(conn);
  }
  conn->own->pause = props->may_pause ? FTPS_PAUSE_WANTED : FTPS_PAUSE_NEVER;
  if (props->peer != NULL) {
    become_client(conn, props->peer);
  }

  if (start_ssl(conn) < 0 || (props->is_watched && start_watching(conn) < 0)) {
    ftps_error_set_ssl(err, "making a TLS connection");
    ftps_conn_free(conn);
    return NULL;
  }

  /* Nobody else reads the socket.  CCC makes this impossible for the control
   * connection.
   */
  if (props->may_be_in_kernel) {
    (void) SSL_set_options(conn->ssl, SSL_OP_ENABLE_KTLS);
  } else if (props->kind == FTPS_KIND_DATA) {
    SSL_set_read_ahead(conn->ssl, 1);
  }

  return conn;
}

void ftps_conn_mark_keys(const struct ftps_conn *conn) {
  ftps_shown_mark(&conn->own->named);
}

/* Buffers may be before it. */
static BIO *get0_socket(const struct ftps_conn *conn) {
  BIO *bio = SSL_get_rbio(conn->ssl), *next;

  while ((next = BIO_next(bio)) != NULL) {
    bio = next;
  }
  return bio;
}

uint64_t ftps_conn_bytes_in(const struct ftps_conn *conn) {
  return BIO_number_read(get0_socket(conn));
}

uint64_t ftps_conn_bytes_out(const struct ftps_conn *conn) {
  return BIO_number_written(get0_socket(conn));
}

static void count_bytes(const struct ftps_conn *conn) {
  struct ftps_counts *counts =
      ftps_ctx_index_daemon(SSL_get_SSL_CTX(conn->ssl))->counts;
  bool is_data = conn->tag.kind == FTPS_KIND_DATA;

  ftps_counts_add(counts,
      is_data ? FTPS_COUNTS_DATA_IN : FTPS_COUNTS_CONTROL_IN,
      ftps_conn_bytes_in(conn));
  ftps_counts_add(counts,
      is_data ? FTPS_COUNTS_DATA_OUT : FTPS_COUNTS_CONTROL_OUT,
      ftps_conn_bytes_out(conn) + conn->own->around_out);
}

void ftps_conn_free(struct ftps_conn *conn) {
  if (conn == NULL) {
    return;
  }

  if (conn->ssl != NULL && SSL_get_rbio(conn->ssl) != NULL) {
    count_bytes(conn);
  }

  if (conn->tag.kind == FTPS_KIND_CONTROL) {
    SSL_SESSION_free(conn->own->resumable);
  }

  SSL_free(conn->ssl);
  ftps_watched_free(conn->own->watched);
  OPENSSL_free(conn);
}

bool ftps_conn_is_in_kernel(const struct ftps_conn *conn) {
  return BIO_get_ktls_send(SSL_get_wbio(conn->ssl)) != 0;
}

void ftps_conn_set_fd(struct ftps_conn *conn, int fd) {
  conn->fd = fd;
  (void) BIO_set_fd(SSL_get_rbio(conn->ssl), fd, BIO_NOCLOSE);
}

void ftps_conn_count_plain(struct ftps_conn *conn, size_t in, size_t out) {
  conn->own->plain_in += in;
  conn->own->plain_out += out;
}

void ftps_conn_take_overhead(struct ftps_conn *conn, int64_t *in_out,
    int64_t *out_out) {
  struct ftps_conn_own *own = conn->own;
  uint64_t in = ftps_conn_bytes_in(conn), out = ftps_conn_bytes_out(conn);

  *in_out = (int64_t) (in - own->counted_in) - (int64_t) own->plain_in;
  *out_out = (int64_t) (out - own->counted_out) - (int64_t) own->plain_out;
  own->counted_in = in;
  own->counted_out = out;
  own->plain_in = own->plain_out = 0;
}

enum ftps_resumed ftps_conn_resumed_by(const struct ftps_conn *conn) {
  const struct ftps_conn_own *own = conn->own;

  if (!SSL_session_reused(conn->ssl)) {
    return FTPS_RESUMED_NOT;
  }
  if (conn->tag.has_psk) {
    return FTPS_RESUMED_PSK;
  }
  if (conn->is_of_login) {
    return FTPS_RESUMED_LOGIN;
  }

  return own->had_ticket || own->has_admitted ? FTPS_RESUMED_TICKET
                                              : FTPS_RESUMED_ID;
}

void ftps_conn_count_around(struct ftps_conn *conn, uint64_t total) {
  if (total > conn->own->plain_out) {
    conn->own->around_out = total - conn->own->plain_out;
  }
}

bool ftps_conn_is_late(const struct ftps_conn *conn) {
  return conn->own->deadline != 0 && ftps_clock_ms() >= conn->own->deadline;
}

bool ftps_conn_may_pause(const struct ftps_conn *conn) {
  return conn->own->pause >= FTPS_PAUSE_WANTED;
}

void ftps_conn_expect(struct ftps_conn *conn, bool may_pause, uint64_t bytes) {
  struct ftps_conn_own *own = conn->own;

  own->expected = bytes;
  if (!may_pause) {
    own->pause =
        own->pause == FTPS_PAUSE_WANTED ? FTPS_PAUSE_PASSED : FTPS_PAUSE_NEVER;
  }
}
