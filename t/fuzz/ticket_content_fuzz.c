/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ticket_content_fuzz.c: the content of a ticket that opened, or a session
 * out of a cache (conn/resume.c).  The first byte is the kind of connection,
 * whether the library could read the ticket, whether somebody has logged in,
 * and whether the ticket is of that login; the second is the version.  Then
 * comes the ticket's application data.
 *
 * A data connection resumes by the token of its own control connection, or of
 * one that has the same login, and by nothing else; a control connection only
 * by a first handshake that is young.
 */
#include "conn/resume.h"

#include <string.h>
#include <time.h>

#include "base/ctx_index.h"
#include "base/daemon.h"
#include "base/settings.h"
#include "cache/cache.h"
#include "conn/conn.h"
#include "conn/conn_own.h"
#include "keys/pairs.h"
#include "tickets/login_tickets.h"
#include "tickets/tickets.h"
#include "tickets/tickets_shared.h"
#include "trust/verify_client.h"
#include "vhost/offer.h"
#include "vhost/psk.h"
#include "vhost/vhost.h"

#include "t/fuzz/fuzz.h"

#define LIFETIME  7200U
#define MARK_SIZE (FTPS_TOKEN_SIZE + 8 + FTPS_TICKET_PROOF_SIZE)

static const unsigned char token[FTPS_TOKEN_SIZE] = "the token";
static const struct ftps_settings settings = { .cache = true,
  .session_lifetime = LIFETIME };
static struct ftps_conn_own own;
static struct ftps_conn conn = { .tag.token = token, .own = &own };
static struct ftps_daemon the_daemon;
static bool has_login, is_of_login;

/* The rest of the module, as far as resume.c asks it. */

struct ftps_conn *ftps_conn_of(const SSL *ssl) {
  (void) ssl;
  return &conn;
}

const struct ftps_settings *ftps_vhost_settings(
    const struct ftps_vhost *vhost) {
  (void) vhost;
  return &settings;
}

int ftps_verify_again(SSL *ssl, X509 *cert) {
  (void) ssl;
  (void) cert;
  return X509_V_OK;
}

bool ftps_tickets_prove(struct ftps_tickets *tickets,
    const unsigned char *holder, unsigned char *proof_out) {
  (void) tickets;
  (void) holder;
  memset(proof_out, 0, FTPS_TICKET_PROOF_SIZE);
  return true;
}

bool ftps_tickets_is_proved(const struct ftps_tickets *tickets,
    const unsigned char *name, const unsigned char *holder,
    const unsigned char *proof) {
  (void) tickets;
  (void) name;
  (void) holder;
  (void) proof;
  return true;
}

bool ftps_offer_takes_session(const SSL *ssl, const SSL_SESSION *session) {
  (void) ssl;
  (void) session;
  return true;
}

bool ftps_psk_is_set(const SSL_CTX *ctx) {
  (void) ctx;
  return false;
}

void ftps_psk_forbid(SSL *ssl) {
  (void) ssl;
}

int ftps_pairs_lend(struct ftps_keypair *const *pairs, SSL *ssl) {
  (void) pairs;
  (void) ssl;
  return 0;
}

bool ftps_shown_is_set(const struct ftps_shown *cert) {
  (void) cert;
  return false;
}

int ftps_shown_lend(const struct ftps_shown *cert, SSL *ssl) {
  (void) cert;
  (void) ssl;
  return 0;
}

bool ftps_caches_is_open(const struct ftps_daemon *daemon,
    enum ftps_cache_name cache) {
  (void) daemon;
  (void) cache;
  return false;
}

void ftps_cache_put_session(SSL_CTX *ctx, const unsigned char *id,
    size_t id_len, const struct ftps_cache_value *value) {
  (void) ctx;
  (void) id;
  (void) id_len;
  (void) value;
}

size_t ftps_cache_get_session(SSL_CTX *ctx, const unsigned char *id,
    size_t id_len, unsigned char *value, size_t room) {
  (void) ctx;
  (void) id;
  (void) id_len;
  (void) value;
  (void) room;
  return 0;
}

void ftps_cache_del_session(SSL_CTX *ctx, const unsigned char *id,
    size_t id_len) {
  (void) ctx;
  (void) id;
  (void) id_len;
}

void ftps_tickets_know_client(struct ftps_tickets *tickets, const void *address,
    size_t len, const struct ftps_ticket_keys *record) {
  (void) tickets;
  (void) address;
  (void) len;
  (void) record;
}

void ftps_tickets_enter(struct ftps_tickets *tickets, const void *identity,
    size_t len, bool is_one_session) {
  (void) tickets;
  (void) identity;
  (void) len;
  (void) is_one_session;
}

bool ftps_tickets_is_entered(const struct ftps_tickets *tickets) {
  (void) tickets;
  return has_login;
}

void ftps_tickets_refresh_login(struct ftps_tickets *tickets) {
  (void) tickets;
}

bool ftps_tickets_is_of_login(const struct ftps_tickets *tickets,
    const unsigned char *name, size_t len) {
  (void) tickets;
  (void) name;
  (void) len;
  return is_of_login;
}

bool ftps_tickets_may_come(const struct ftps_tickets *tickets,
    const unsigned char *name) {
  (void) tickets;
  (void) name;
  return false;
}

bool ftps_tickets_may_offer_id(const struct ftps_tickets *tickets) {
  (void) tickets;
  return true;
}

bool ftps_tickets_find_session(const struct ftps_tickets *tickets,
    const unsigned char *name, struct ftps_ticket_keys *record_out) {
  (void) tickets;
  (void) name;
  (void) record_out;
  return false;
}

/* A connection to ask for the daemon; it is never used. */
static SSL *make_ssl(void) {
  SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
  SSL *ssl;

  CHECK(ftps_ctx_index_init() == 0);
  CHECK(ctx != NULL && ftps_ctx_index_begin(ctx, &the_daemon) == 0);
  ssl = SSL_new(ctx);
  CHECK(ssl != NULL);
  SSL_CTX_free(ctx);
  return ssl;
}

static bool is_young(const uint8_t *mark) {
  int64_t now = (int64_t) time(NULL);
  uint64_t when = 0;

  for (size_t i = FTPS_TOKEN_SIZE; i < FTPS_TOKEN_SIZE + 8; i++) {
    when = when << 8 | mark[i];
  }

  /* A second may have passed.  The clock of another host may be ahead. */
  return (int64_t) when <= now + FTPS_TICKETS_LEAD &&
      (int64_t) when >= now - (int64_t) LIFETIME - 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  SSL_SESSION *session = SSL_SESSION_new(), *other = SSL_SESSION_new();
  SSL_TICKET_RETURN res;
  SSL_TICKET_STATUS status;
  bool is_good;

  if (conn.ssl == NULL) {
    conn.ssl = make_ssl();
  }
  own.resumable = other;
  CHECK(session != NULL && other != NULL);
  if (size >= 2 &&
      SSL_SESSION_set1_ticket_appdata(session, data + 2, size - 2) == 1) {
    has_login = (data[0] & 4) != 0;
    is_of_login = (data[0] & 8) != 0;
    is_good = size - 2 == MARK_SIZE &&
        (memcmp(data + 2, token, FTPS_TOKEN_SIZE) == 0 ||
            (has_login && is_of_login && data[1] % 2 == 0));
    CHECK(SSL_SESSION_set_protocol_version(other, TLS1_3_VERSION) == 1);
    CHECK(SSL_SESSION_set_protocol_version(session,
              data[1] % 2 == 0 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1);
    conn.tag.kind = data[0] & 1 ? FTPS_KIND_DATA : FTPS_KIND_CONTROL;
    status = data[0] & 2 ? SSL_TICKET_NO_DECRYPT : SSL_TICKET_SUCCESS;
    res = ftps_resume_ticket_read_cb(NULL, session, NULL, 0, status, NULL);
    if (conn.tag.kind == FTPS_KIND_DATA) {
      CHECK((res == SSL_TICKET_RETURN_USE) ==
          (is_good && status == SSL_TICKET_SUCCESS));
    } else if (res == SSL_TICKET_RETURN_USE_RENEW) {
      CHECK(status == SSL_TICKET_SUCCESS);
      CHECK(size - 2 == MARK_SIZE && is_young(data + 2));
    } else {
      CHECK(res == SSL_TICKET_RETURN_IGNORE_RENEW);
    }
  }

  SSL_SESSION_free(session);
  SSL_SESSION_free(other);
  return 0;
}
