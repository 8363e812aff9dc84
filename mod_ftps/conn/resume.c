/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * resume.c: see resume.h.
 *
 * Both kinds of SSL_TICKET_SUCCESS are checked in the same way: the library
 * chooses the kind, and this file decides what follows.
 */
#include "conn/resume.h"

#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/conn_index.h"
#include "base/ctx_index.h"
#include "base/daemon.h"
#include "cache/cache.h"
#include "conn/conn.h"
#include "conn/conn_own.h"
#include "conn/hello.h"
#include "conn/lifetime.h"
#include "conn/session_blob.h"
#include "keys/pairs.h"
#include "tickets/keyring.h"
#include "tickets/login_tickets.h"
#include "tickets/mark.h"
#include "tickets/session_ids.h"
#include "tickets/tickets.h"
#include "tickets/tickets_shared.h"
#include "trust/verify_client.h"
#include "vhost/offer.h"
#include "vhost/psk.h"
#include "vhost/vhost.h"

static struct ftps_tickets *get0_tickets(const struct ftps_conn *conn) {
  return ftps_ctx_index_daemon(SSL_get_SSL_CTX(conn->ssl))->tickets;
}

/* The first ticket is made while the secret is still there. */
static int mark_session(struct ftps_conn *conn, SSL_SESSION *session) {
  struct ftps_conn_own *own = conn->own;
  unsigned char holder[FTPS_TICKET_HOLDER_SIZE];

  if (!own->is_proved && ftps_mark_describe(session, holder) == 0) {
    own->is_proved = ftps_tickets_prove(get0_tickets(conn), holder, own->proof);
  }

  return ftps_mark_set(session, conn->tag.token, own->proof);
}

int ftps_resume_ticket_made(SSL *ssl, void *arg) {
  struct ftps_conn *conn = ftps_conn_of(ssl);

  (void) arg;
  return conn != NULL ? mark_session(conn, SSL_get_session(ssl)) : 0;
}

static bool is_same_session(const SSL_SESSION *a, const SSL_SESSION *b) {
  unsigned char key_a[SSL_MAX_MASTER_KEY_LENGTH];
  unsigned char key_b[SSL_MAX_MASTER_KEY_LENGTH];
  size_t len_a, len_b;
  bool is_same;

  if (SSL_SESSION_get_protocol_version(a) >= TLS1_3_VERSION ||
      SSL_SESSION_get_protocol_version(b) >= TLS1_3_VERSION) {
    return false;
  }

  len_a = SSL_SESSION_get_master_key(a, key_a, sizeof(key_a));
  len_b = SSL_SESSION_get_master_key(b, key_b, sizeof(key_b));
  is_same =
      len_a > 0 && len_a == len_b && CRYPTO_memcmp(key_a, key_b, len_a) == 0;
  OPENSSL_cleanse(key_a, sizeof(key_a));
  OPENSSL_cleanse(key_b, sizeof(key_b));
  return is_same;
}

static bool is_of_login(const struct ftps_conn *data, SSL_SESSION *session,
    const unsigned char *key_name, size_t key_name_len) {
  const struct ftps_tickets *tickets = get0_tickets(data);

  if (!ftps_tickets_is_entered(tickets)) {
    return is_same_session(session, data->own->resumable);
  }

  return SSL_SESSION_get_protocol_version(session) ==
      SSL_SESSION_get_protocol_version(data->own->resumable) &&
      ftps_tickets_is_of_login(tickets, key_name, key_name_len);
}

/* A ticket that could be read.  Remembers what is admitted, because the library
 * decides afterwards whether to resume it.
 */
static bool admit(struct ftps_conn *data, SSL_SESSION *session,
    const unsigned char *key_name, size_t key_name_len) {
  const unsigned char *mark = ftps_mark_get0(session);
  bool is_own = ftps_mark_has_token(session, data->tag.token);

  data->own->has_admitted = false;
  if (mark == NULL ||
      (!is_own && !is_of_login(data, session, key_name, key_name_len))) {
    return false;
  }

  data->own->has_admitted = true;
  memcpy(data->own->admitted, mark, FTPS_TOKEN_SIZE);
  data->is_of_login = !is_own;
  return true;
}

/* Session ids are not admitted: the library gets the own session for them. */
static bool is_admitted(const struct ftps_conn *data, SSL_SESSION *session) {
  return session != NULL &&
      (ftps_mark_has_token(session, data->tag.token) ||
          (data->own->has_admitted &&
              ftps_mark_has_token(session, data->own->admitted)));
}

/* Checks what a full handshake would demand now.  If clients must send a
 * certificate, a session without one comes from a pre-shared key.
 */
static bool is_peer_accepted(const struct ftps_conn *control,
    enum ftps_verify verify, SSL_SESSION *session) {
  X509 *cert = SSL_SESSION_get0_peer(session);

  if (verify == FTPS_VERIFY_OFF) {
    return true;
  }
  if (cert == NULL) {
    return verify != FTPS_VERIFY_ON ||
        ftps_psk_is_set(SSL_get_SSL_CTX(control->ssl));
  }

  return ftps_verify_again(control->ssl, cert) == X509_V_OK;
}

/* For a session of an earlier control connection, perhaps on another host whose
 * clock is ahead.
 */
static bool is_still_good(const struct ftps_conn *control,
    SSL_SESSION *session) {
  const struct ftps_settings *settings = ftps_vhost_settings(control->vhost);
  int64_t now = (int64_t) time(NULL), first = ftps_mark_time(session);

  /* Any number may be in a ticket: there must be no overflow. */
  return settings->cache && first <= now + FTPS_TICKETS_LEAD &&
      first >= now - (int64_t) settings->session_lifetime &&
      ftps_offer_takes_session(control->ssl, session) &&
      is_peer_accepted(control, settings->verify, session);
}

static bool is_proved(const struct ftps_conn *control, SSL_SESSION *session,
    const unsigned char *key_name) {
  const unsigned char *proof = ftps_mark_get0_proof(session);
  unsigned char holder[FTPS_TICKET_HOLDER_SIZE];

  return proof != NULL && ftps_mark_describe(session, holder) == 0 &&
      ftps_tickets_is_proved(get0_tickets(control), key_name, holder, proof);
}

static bool may_resume_control(const struct ftps_conn *control,
    SSL_SESSION *session, const unsigned char *key_name) {
  const struct ftps_settings *settings = ftps_vhost_settings(control->vhost);

  return is_proved(control, session, key_name) &&
      is_still_good(control, session) &&
      (settings->tickets ||
          SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION);
}

/* The library checks the age after the callbacks.  A session of an open control
 * connection never expires, however long that stays open.
 */
static void make_young(SSL_SESSION *session) {
  (void) SSL_SESSION_set_time(session, (long) time(NULL));
}

SSL_TICKET_RETURN ftps_resume_ticket_read_cb(SSL *ssl, SSL_SESSION *session,
    const unsigned char *key_name, size_t key_name_len,
    SSL_TICKET_STATUS status, void *arg) {
  struct ftps_conn *conn = ftps_conn_of(ssl);
  bool is_valid =
      status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;

  (void) arg;
  if (conn == NULL) {
    return SSL_TICKET_RETURN_ABORT;
  }

  if (conn->tag.kind == FTPS_KIND_DATA) {
    if (!is_valid || !admit(conn, session, key_name, key_name_len)) {
      return SSL_TICKET_RETURN_IGNORE;
    }

    make_young(session);
    return SSL_TICKET_RETURN_USE;
  }

  /* A resumed control connection gets a ticket of its own: the client's ticket
   * has the token of an earlier connection.
   */
  conn->own->had_ticket =
      is_valid && may_resume_control(conn, session, key_name);
  return conn->own->had_ticket ? SSL_TICKET_RETURN_USE_RENEW
                               : SSL_TICKET_RETURN_IGNORE_RENEW;
}

/* How long a data connection waits for another login: LDAP may be slow. */
#define LOGIN_WAIT_MS 5000

/* The record's name for the session that the client offers first: by its ticket
 * or, without one, by its id.
 */
static bool name_offered(const struct ftps_conn *data, unsigned char *name) {
  SSL *ssl = data->ssl;
  const unsigned char *bytes = NULL;
  size_t len;

  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_psk, &bytes, &len) == 1) {
    bytes = ftps_hello_get0_identity(bytes, len, FTPS_TICKET_NAME_SIZE);
  } else if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_session_ticket, &bytes,
                 &len) != 1 ||
      len < FTPS_TICKET_NAME_SIZE) {
    len = SSL_client_hello_get0_session_id(ssl, &bytes);
    return ftps_session_ids_name(bytes, len, data->own->has_ems, name) == 0;
  }

  if (bytes != NULL) {
    memcpy(name, bytes, FTPS_TICKET_NAME_SIZE);
  }
  return bytes != NULL;
}

bool ftps_resume_awaits_login(struct ftps_conn *data) {
  unsigned char name[FTPS_TICKET_NAME_SIZE];
  uint64_t now;

  if (!data->own->may_await || !data->tag.must_resume) {
    return false;
  }

  if (!name_offered(data, name) ||
      !ftps_tickets_may_come(get0_tickets(data), name)) {
    return false;
  }

  now = ftps_clock_ms();
  if (data->own->await_until == 0) {
    data->own->await_until = now + LOGIN_WAIT_MS;
  }
  return now < data->own->await_until;
}

static bool has_id(const SSL_SESSION *session, const unsigned char *id,
    size_t len) {
  unsigned int own_len;
  const unsigned char *own = SSL_SESSION_get_id(session, &own_len);

  return len > 0 && len == own_len && CRYPTO_memcmp(id, own, own_len) == 0;
}

/* A data connection gets a copy, so that its failure cannot make the library
 * remove the control connection's session.
 */
static SSL_SESSION *find_own(const struct ftps_conn *data) {
  return ftps_tickets_may_offer_id(get0_tickets(data))
      ? SSL_SESSION_dup(data->own->resumable)
      : NULL;
}

static SSL_SESSION *find_of_login(struct ftps_conn *data,
    const unsigned char *id, size_t len) {
  const SSL_SESSION *own = data->own->resumable;
  struct ftps_ticket_keys record;
  SSL_SESSION *session = NULL;

  if (SSL_SESSION_get_protocol_version(own) < TLS1_3_VERSION &&
      ftps_session_ids_name(id, len, data->own->has_ems, record.name) == 0 &&
      ftps_tickets_find_session(get0_tickets(data), record.name, &record)) {
    session = ftps_session_ids_make(&record, own, data->ssl, id, len);
    data->is_of_login = session != NULL;
  }

  OPENSSL_cleanse(&record, sizeof(record));
  return session;
}

static SSL_SESSION *find_stored(const struct ftps_conn *control,
    const unsigned char *id, size_t len) {
  const struct ftps_settings *settings = ftps_vhost_settings(control->vhost);
  unsigned char blob[FTPS_SESSION_BLOB_MAX];
  SSL_SESSION *session = NULL;
  size_t size = 0;

  if (settings->cache) {
    size = ftps_cache_get_session(SSL_get_SSL_CTX(control->ssl), id, len, blob,
        sizeof(blob));
  }
  if (size > 0) {
    session = ftps_session_blob_read(blob, size, id, len);
    OPENSSL_cleanse(blob, size);
  }
  if (session != NULL && !is_still_good(control, session)) {
    SSL_SESSION_free(session);
    session = NULL;
  }

  return session;
}

static SSL_SESSION *find_for_data(struct ftps_conn *data,
    const unsigned char *id, size_t len) {
  SSL_SESSION *session;

  if (data->own->resumable == NULL) {
    return NULL;
  }

  session = has_id(data->own->resumable, id, len)
      ? find_own(data)
      : find_of_login(data, id, len);
  if (session != NULL) {
    make_young(session);
  }

  return session;
}

/* Sessions without tickets (TLS 1.2 session ids).  Data connections never use a
 * cache.
 */
SSL_SESSION *ftps_resume_session_find(SSL *ssl, const unsigned char *id,
    int len, int *copy) {
  struct ftps_conn *conn = ftps_conn_of(ssl);

  *copy = 0;
  if (conn == NULL || len <= 0) {
    return NULL;
  }

  if (conn->tag.kind == FTPS_KIND_CONTROL) {
    return find_stored(conn, id, (size_t) len);
  }

  return find_for_data(conn, id, (size_t) len);
}

static void store_session(const struct ftps_conn *control,
    const SSL_SESSION *session) {
  const struct ftps_settings *settings = ftps_vhost_settings(control->vhost);
  unsigned char blob[FTPS_SESSION_BLOB_MAX];
  struct ftps_cache_value value = { .bytes = blob,
    .expires = time(NULL) + (time_t) settings->session_lifetime };
  const unsigned char *id;
  unsigned int id_len;

  if (!settings->cache || SSL_session_reused(control->ssl) ||
      !ftps_caches_is_open(ftps_ctx_index_daemon(SSL_get_SSL_CTX(control->ssl)),
          FTPS_CACHE_SESSIONS)) {
    return;
  }

  value.len = ftps_session_blob_write(session, blob);
  if (value.len > 0) {
    id = SSL_SESSION_get_id(session, &id_len);
    ftps_cache_put_session(SSL_get_SSL_CTX(control->ssl), id, id_len, &value);
    OPENSSL_cleanse(blob, value.len);
  }
}

/* The library marks the session of a connection that a fatal alert has ended,
 * sent or received.
 */
void ftps_resume_forget_failed(const struct ftps_conn *control) {
  const unsigned char *id;
  unsigned int id_len = 0;

  if (control->own->resumable == NULL ||
      !ftps_caches_is_open(ftps_ctx_index_daemon(SSL_get_SSL_CTX(control->ssl)),
          FTPS_CACHE_SESSIONS) ||
      SSL_SESSION_is_resumable(SSL_get_session(control->ssl))) {
    return;
  }

  id = SSL_SESSION_get_id(control->own->resumable, &id_len);
  if (id_len > 0 &&
      SSL_SESSION_get_protocol_version(control->own->resumable) <
          TLS1_3_VERSION) {
    ftps_cache_del_session(SSL_get_SSL_CTX(control->ssl), id, id_len);
  }
}

/* A session that was resumed by a ticket has an id that the client has chosen.
 * The library looks for it when a ticket is ignored.
 */
static int forget_id(const struct ftps_conn *control) {
  return control->own->had_ticket && SSL_session_reused(control->ssl) &&
          SSL_version(control->ssl) < TLS1_3_VERSION &&
          SSL_SESSION_set1_id(control->own->resumable,
              (const unsigned char *) "", 0) != 1
      ? -1
      : 0;
}

int ftps_resume_keep_session(struct ftps_conn *control,
    struct ftps_error *err) {
  SSL_SESSION *session = SSL_get_session(control->ssl);

  if (session != NULL) {
    store_session(control, session);
  }
  if (session == NULL || mark_session(control, session) != 1) {
    ftps_error_set_ssl(err, "keeping the session for data connections");
    return -1;
  }

  control->own->resumable = SSL_SESSION_dup(session);
  if (control->own->resumable == NULL || forget_id(control) < 0) {
    ftps_error_set_ssl(err, "keeping the session for data connections");
    return -1;
  }

  control->own->ticket_at = time(NULL);
  return 0;
}

void ftps_resume_send_ticket(struct ftps_conn *control, int64_t now) {
  if (control->state != FTPS_CONN_OPEN ||
      SSL_version(control->ssl) != TLS1_3_VERSION) {
    return;
  }

  if (SSL_new_session_ticket(control->ssl) == 1) {
    control->own->ticket_at = now;
  }
}

void ftps_resume_renew_ticket(struct ftps_conn *control, int64_t now) {
  ftps_tickets_refresh_login(get0_tickets(control));
  if (ftps_lifetime_is_stale(control->own->ticket_at, now)) {
    ftps_resume_send_ticket(control, now);
  }
}

/* Each part with its length, so that no two lists look alike. */
static bool add_part(EVP_MD_CTX *md, const void *bytes, size_t len) {
  const uint64_t size = len;

  return EVP_DigestUpdate(md, &size, sizeof(size)) == 1 &&
      (len == 0 || EVP_DigestUpdate(md, bytes, len) == 1);
}

/* The session id context has the server and its policy for client certificates
 * (vhost/context.c).
 */
static bool add_session(EVP_MD_CTX *md, const struct ftps_conn *control) {
  X509 *cert = SSL_get0_peer_certificate(control->ssl);
  unsigned char print[EVP_MAX_MD_SIZE];
  unsigned int place_len = 0, print_len = 0;
  const unsigned char *place =
      SSL_SESSION_get0_id_context(control->own->resumable, &place_len);

  return (cert == NULL ||
             X509_digest(cert, EVP_sha256(), print, &print_len) == 1) &&
      add_part(md, place, place_len) && add_part(md, print, print_len);
}

static bool identify(const struct ftps_conn *control, const char *const *names,
    size_t count, unsigned char *identity_out) {
  EVP_MD_CTX *md = EVP_MD_CTX_new();
  bool is_done = md != NULL && count > 0 &&
      EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
      add_session(md, control);

  for (size_t i = 0; i < count && is_done; i++) {
    is_done = add_part(md, names[i], strlen(names[i]));
  }

  is_done = is_done && EVP_DigestFinal_ex(md, identity_out, NULL) == 1;
  EVP_MD_CTX_free(md);
  return is_done;
}

void ftps_resume_enter(const struct ftps_conn *control,
    const char *const *names, size_t count) {
  unsigned char identity[EVP_MAX_MD_SIZE];
  bool is_known = identify(control, names, count, identity);

  ftps_tickets_enter(get0_tickets(control), identity,
      is_known ? (size_t) EVP_MD_get_size(EVP_sha256()) : 0,
      SSL_session_reused(control->ssl) == 1 &&
          SSL_version(control->ssl) < TLS1_3_VERSION);
}

static bool has_ems(const struct ftps_conn *conn) {
  return SSL_get_extms_support(conn->ssl) == 1;
}

void ftps_resume_know_client(const struct ftps_conn *control,
    const void *address, size_t len) {
  struct ftps_ticket_keys record;
  bool is_known = ftps_session_ids_describe(control->own->resumable,
                      has_ems(control), &record) == 0;

  ftps_tickets_know_client(get0_tickets(control), address, len,
      is_known ? &record : NULL);
  OPENSSL_cleanse(&record, sizeof(record));
}

static bool has_same_peer(const struct ftps_conn *data) {
  X509 *peer = SSL_get0_peer_certificate(data->ssl);

  return data->own->control_peer == NULL ||
      (peer != NULL && X509_cmp(peer, data->own->control_peer) == 0);
}

bool ftps_conn_is_bound(const struct ftps_conn *conn, struct ftps_error *err) {
  /* The server has not requested a certificate of such a client. */
  if (conn->tag.must_resume && !SSL_session_reused(conn->ssl)) {
    ftps_error_refuse(err, FTPS_REFUSAL_NOT_RESUMED, NULL);
    return false;
  }

  if (!has_same_peer(conn)) {
    ftps_error_refuse(err, FTPS_REFUSAL_OTHER_CERTIFICATE, NULL);
    return false;
  }

  if (!conn->tag.must_resume) {
    return true;
  }

  if (!is_admitted(conn, SSL_get_session(conn->ssl))) {
    ftps_error_refuse(err, FTPS_REFUSAL_OTHER_SESSION, NULL);
    return false;
  }

  return true;
}

/* A full handshake of a data connection that must resume is either finished, or
 * has ended already (vhost/context.c).  The server requests nothing else for
 * which it could refuse the client: no certificate, no pre-shared key.
 */
static void prepare_refusal(SSL *ssl, struct ftps_conn_tag *tag) {
  tag->refused_full = true;
  ftps_psk_forbid(ssl);
  SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
}

/* `pairs` are those of the virtual host. */
static int lend(struct ftps_conn *conn, void *pairs, SSL *ssl) {
  if (conn != NULL) {
    conn->own->has_key = true;
  }

  return conn != NULL && ftps_shown_is_set(&conn->own->named)
      ? ftps_shown_lend(&conn->own->named, ssl)
      : ftps_pairs_lend(pairs, ssl);
}

int ftps_resume_certificate_needed(SSL *ssl, void *pairs) {
  struct ftps_conn_tag *tag = ftps_conn_index_get(ssl);

  if (tag != NULL && tag->must_resume) {
    prepare_refusal(ssl, tag);
    if (!tag->may_finish_full) {
      SSL_certs_clear(ssl);
      return 1;
    }
  }

  return lend(ftps_conn_of(ssl), pairs, ssl) == 0;
}
