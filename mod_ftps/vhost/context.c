/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * context.c: see context.h.
 *
 * ftps_context_build() is a list of small steps.  Each of them can fail with
 * its own text.
 */
#include "vhost/context.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/conn_index.h"
#include "base/conn_tag.h"
#include "base/ctx_index.h"
#include "base/daemon.h"
#include "cache/cache.h"
#include "cache/sealkey.h"
#include "keys/keypair.h"
#include "keys/keytype.h"
#include "log/keylog.h"
#include "ocsp/stapling.h"
#include "tickets/tickets.h"
#include "trust/files.h"
#include "trust/verify_client.h"
#include "trust/verify_ocsp.h"
#include "trust/verify_server.h"
#include "keys/dh.h"
#include "vhost/diag.h"
#include "vhost/offer.h"
#include "vhost/psk.h"
#include "vhost/usermap_file.h"

/* The lifetime that clients get.  Scanners accept a day at most.  TLS 1.3
 * clients delete older tickets, and get a fresh one in time (conn/lifetime.h).
 * TLS 1.2 clients take it as a hint, except Java, whose own limit is a day.  In
 * every case conn/resume.c lets no ticket of an open control connection expire.
 */
#define TICKET_LIFETIME (24L * 60 * 60)

/* After a full handshake in TLS 1.3. */
#define TICKETS 2

/* Some options may have been set by openssl.cnf, for all programs. */
static void set_options(SSL_CTX *ctx, const struct ftps_settings *settings) {
  (void) SSL_CTX_clear_options(ctx,
      SSL_OP_NO_TICKET | SSL_OP_ENABLE_KTLS | SSL_OP_CIPHER_SERVER_PREFERENCE);
  (void) SSL_CTX_set_options(ctx,
      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  if (settings->server_preference) {
    (void) SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
  }

  (void) SSL_CTX_set_mode(ctx,
      SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
          SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);

  /* A peer that sends one KeyUpdate after the other would keep the library from
   * returning, and delay timers and signals.
   */
  (void) SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);

  if (settings->options & FTPS_OPT_NO_EMPTY_FRAGMENTS) {
    (void) SSL_CTX_set_options(ctx, SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS);
  }

  if (settings->options & FTPS_OPT_ALLOW_WEAK_SECURITY) {
    SSL_CTX_set_security_level(ctx, 0);
  } else if (settings->security_level != FTPS_LEVEL_OF_SYSTEM) {
    SSL_CTX_set_security_level(ctx, settings->security_level);
  }
}

static int set_ciphers(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err) {
  if (SSL_CTX_set_cipher_list(ctx, settings->cipher_list) != 1) {
    ftps_error_set_ssl(err,
        "TLSCipherSuite %s: no usable cipher in it; see "
        "\"openssl ciphers\"",
        settings->cipher_list);
    return -1;
  }

  if (settings->ciphersuites != NULL &&
      SSL_CTX_set_ciphersuites(ctx, settings->ciphersuites) != 1) {
    ftps_error_set_ssl(err,
        "TLSCipherSuite TLSv1.3 %s: not a list of TLS 1.3 "
        "cipher suites; see \"openssl ciphers -s -tls1_3\"",
        settings->ciphersuites);
    return -1;
  }

  return 0;
}

/* What TLSProfile old has negotiated must not be resumed at another server. */
static const char *name_policy(const struct ftps_settings *settings) {
  return settings->profile == FTPS_PROFILE_OLD ? "|old" : "";
}

/* Sessions of one server must not be resumed at another one, nor under another
 * policy for client certificates (the class of CVE-2025-23419): not under other
 * CAs, not under newer revocation lists, and not after a pre-shared key was
 * removed.  Hosts of a cluster are one server with many addresses, because they
 * share a secret.  Servers of one host with the same name and port differ by
 * their order, which is the same on all hosts.
 */
static int set_session_id(SSL_CTX *ctx, const struct ftps_context_props *props,
    struct ftps_error *err) {
  const struct ftps_settings *settings = props->settings;
  unsigned char id[EVP_MAX_MD_SIZE];
  unsigned int len;
  char text[4096], trust[FTPS_VERIFY_DIGEST_SIZE], keys[FTPS_PSK_DIGEST_SIZE];
  int n;

  ftps_psk_digest(ctx, keys);
  if (ftps_verify_digest(ctx, trust) < 0) {
    ftps_error_set_ssl(err, "naming the trusted CAs for session resumption");
    return -1;
  }

  n = snprintf(text, sizeof(text), "%s|%u|%u|%d|%u|%d|%s|%s|%s%s",
      settings->server_name, settings->port, props->namesakes, settings->verify,
      settings->verify_depth, settings->verify_order, trust, keys,
      ftps_sealkey_name(ctx), name_policy(settings));
  if (n < 0 || (size_t) n >= sizeof(text) ||
      EVP_Digest(text, strlen(text), id, &len, EVP_sha256(), NULL) != 1 ||
      SSL_CTX_set_session_id_context(ctx, id, len) != 1) {
    ftps_error_set_ssl(err, "naming the server for session resumption");
    return -1;
  }

  ftps_sealkey_set_host(ctx, id);
  return 0;
}

static int set_secret(SSL_CTX *ctx, const struct ftps_context_props *props,
    struct ftps_error *err) {
  const struct ftps_sealkey_props sealkey = { .settings = props->settings,
    .pairs = props->pairs,
    .is_kept = ftps_caches_is_any_open(props->daemon),
    .is_local = ftps_caches_is_local(props->daemon, FTPS_CACHE_SESSIONS) };

  return ftps_sealkey_set(ctx, &sealkey, err);
}

static void set_resumption(SSL_CTX *ctx,
    const struct ftps_context_hooks *hooks) {
  ftps_tickets_set(ctx);
  (void) SSL_CTX_set_timeout(ctx, TICKET_LIFETIME);

  /* In TLS 1.3 data connections resume by tickets alone. */
  (void) SSL_CTX_set_num_tickets(ctx, TICKETS);
  (void) SSL_CTX_set_session_cache_mode(ctx,
      SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_get_cb(ctx, hooks->session_find);
  (void) SSL_CTX_set_session_ticket_cb(ctx, hooks->ticket_made,
      hooks->ticket_read, NULL);
}

/* The library calls it with every ClientHello, when it knows whether a session
 * is resumed, and before anything is signed.  Only here can we choose the alert
 * that ends the handshake.
 */
static int acknowledge_name(SSL *ssl, int *alert, void *arg) {
  struct ftps_conn_tag *tag = ftps_conn_index_get(ssl);

  (void) arg;
  if (tag != NULL && tag->must_resume && !tag->may_finish_full &&
      !SSL_session_reused(ssl)) {
    tag->refused_full = true;
    *alert = SSL_AD_ACCESS_DENIED;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }

  return SSL_TLSEXT_ERR_OK;
}

/* TLSSessionTickets off.  At this point the version is known, and the library
 * checks again whether to promise a ticket.  Without tickets TLS 1.3 would have
 * ids of sessions that nobody keeps.
 */
static int acknowledge_without_tickets(SSL *ssl, int *alert, void *arg) {
  if (SSL_version(ssl) < TLS1_3_VERSION) {
    (void) SSL_set_options(ssl, SSL_OP_NO_TICKET);
  }

  return acknowledge_name(ssl, alert, arg);
}

static void set_callbacks(SSL_CTX *ctx,
    const struct ftps_context_props *props) {
  const struct ftps_context_hooks *hooks = props->daemon->hooks;

  SSL_CTX_set_client_hello_cb(ctx, hooks->client_hello, NULL);
  if (props->settings->tickets) {
    (void) SSL_CTX_set_tlsext_servername_callback(ctx, acknowledge_name);
  } else {
    (void) SSL_CTX_set_tlsext_servername_callback(ctx,
        acknowledge_without_tickets);
  }
  SSL_CTX_set_cert_cb(ctx, hooks->certificate_needed, props->kept);
  if (props->settings->alpn != FTPS_ALPN_OFF) {
    SSL_CTX_set_alpn_select_cb(ctx, hooks->alpn_select, NULL);
  }
  if (props->settings->keylog_path != NULL) {
    SSL_CTX_set_keylog_callback(ctx, ftps_keylog_write_cb);
  }
  ftps_diag_trace(ctx, (props->settings->options & FTPS_OPT_ENABLE_DIAGS) != 0);
}

static const char *name_directive(size_t type) {
  return ftps_keytype_certificate_directive((enum ftps_keytype) type);
}

/* Otherwise the later one would silently replace the other. */
static int check_kinds(const struct ftps_settings *settings,
    struct ftps_keypair *const *pairs, struct ftps_error *err) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    for (size_t j = 0; j < i && pairs[i] != NULL; j++) {
      if (pairs[j] != NULL && pairs[j] != pairs[i] &&
          ftps_keypair_kind(pairs[i]) == ftps_keypair_kind(pairs[j])) {
        ftps_error_set(err,
            "%s %s: its key is of the same kind as that of %s %s; take one of "
            "the two out",
            name_directive(i), settings->keyfiles[i].certificate,
            name_directive(j), settings->keyfiles[j].certificate);
        return -1;
      }
    }
  }

  return 0;
}

static int install_pairs(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_keypair *const *pairs, struct ftps_error *err) {
  struct ftps_error why;

  if (check_kinds(settings, pairs, err) < 0) {
    return -1;
  }

  ftps_error_clear(&why);
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (pairs[i] != NULL && ftps_keypair_install(pairs[i], ctx, &why) < 0) {
      ftps_error_set(err, "%s %s: %s; make one with a stronger key",
          name_directive(i), settings->keyfiles[i].certificate, why.text);
      err->is_of_server = true;
      return -1;
    }
  }

  return 0;
}

/* The library would wait for ever for the writer of a FIFO. */
static bool use_server_info(SSL_CTX *ctx, const char *path) {
  return ftps_trustfile_is_finite(path) &&
      SSL_CTX_use_serverinfo_file(ctx, path) == 1;
}

/* The library keeps the extensions of each certificate separately, but has one
 * list of types for all.  The second call stores the extensions and then fails,
 * because the types are known already.  A file that cannot be used changes
 * nothing, and a line at the start says so.
 */
static void set_server_info(SSL_CTX *ctx,
    const struct ftps_settings *settings) {
  long which = SSL_CERT_SET_FIRST;

  if (settings->server_info_file == NULL) {
    return;
  }

  while (SSL_CTX_set_current_cert(ctx, which) == 1) {
    (void) use_server_info(ctx, settings->server_info_file);
    which = SSL_CERT_SET_NEXT;
  }

  ERR_clear_error();
}

/* Only the first call shows whether the file is valid, so it is made for
 * another context.
 */
int ftps_context_check_server_info(SSL_CTX *ctx,
    const struct ftps_settings *settings, struct ftps_error *err) {
  SSL_CTX *other = SSL_CTX_new(TLS_server_method());
  int res = 0;

  if (settings->server_info_file != NULL && other != NULL &&
      SSL_CTX_set_current_cert(ctx, SSL_CERT_SET_FIRST) == 1 &&
      SSL_CTX_use_certificate(other, SSL_CTX_get0_certificate(ctx)) == 1 &&
      !use_server_info(other, settings->server_info_file)) {
    ftps_error_set_ssl(err,
        "TLSServerInfoFile %s: is not used, because it is not a PEM file of "
        "\"SERVERINFO FOR\" or \"SERVERINFOV2 FOR\" blocks that can be read; "
        "write it anew, or take the line out",
        settings->server_info_file);
    res = -1;
  }

  ERR_clear_error();
  SSL_CTX_free(other);
  return res;
}

static int auth_of_certificate(X509 *cert) {
  switch (EVP_PKEY_get_base_id(X509_get0_pubkey(cert))) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      return NID_auth_rsa;

    case EVP_PKEY_DSA:
      return NID_auth_dss;

    default:
      return NID_auth_ecdsa;
  }
}

/* True if one of the certificates, or a pre-shared key, can be used with a
 * cipher of this kind.  TLS 1.3 accepts all except DSA.
 */
static bool has_certificate_for(SSL_CTX *ctx, const SSL_CIPHER *cipher) {
  int auth = SSL_CIPHER_get_auth_nid(cipher);
  long which = SSL_CERT_SET_FIRST;

  if (ftps_psk_is_set(ctx) && (auth == NID_auth_psk || auth == NID_auth_any)) {
    return true;
  }

  while (SSL_CTX_set_current_cert(ctx, which) == 1) {
    int own = auth_of_certificate(SSL_CTX_get0_certificate(ctx));

    if (auth == own || (auth == NID_auth_any && own != NID_auth_dss)) {
      return true;
    }
    which = SSL_CERT_SET_NEXT;
  }

  return false;
}

bool ftps_context_takes(SSL_CTX *ctx, unsigned int allowed,
    const SSL_CIPHER *cipher) {
  const char *version = SSL_CIPHER_get_version(cipher);
  unsigned int older = allowed & ~FTPS_PROTO_TLSV1_3;

  if (strcmp(version, "TLSv1.3") == 0) {
    return (allowed & FTPS_PROTO_TLSV1_3) != 0 &&
        has_certificate_for(ctx, cipher);
  }
  if (strcmp(version, "TLSv1.2") == 0) {
    older &= FTPS_PROTO_TLSV1_2;
  }

  return older != 0 && has_certificate_for(ctx, cipher);
}

X509 *ftps_context_certificate(SSL_CTX *ctx, size_t i) {
  long which = SSL_CERT_SET_FIRST;

  while (SSL_CTX_set_current_cert(ctx, which) == 1) {
    if (i-- == 0) {
      return SSL_CTX_get0_certificate(ctx);
    }
    which = SSL_CERT_SET_NEXT;
  }

  return NULL;
}

unsigned int ftps_context_kinds(SSL_CTX *ctx) {
  unsigned int kinds = ftps_psk_is_set(ctx) ? 8U : 0U;
  long which = SSL_CERT_SET_FIRST;

  while (SSL_CTX_set_current_cert(ctx, which) == 1) {
    int own = auth_of_certificate(SSL_CTX_get0_certificate(ctx));

    kinds |= own == NID_auth_rsa ? 1U : own == NID_auth_dss ? 2U : 4U;
    which = SSL_CERT_SET_NEXT;
  }

  return kinds;
}

/* Settings that are valid one by one may allow no connection together.  The
 * library allows protocols before TLS 1.2 at security level 0 only.
 */
int ftps_context_check_usable(SSL_CTX *ctx,
    const struct ftps_settings *settings, struct ftps_error *err) {
  const STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(ctx);

  if ((settings->protocols & FTPS_PROTO_DEFAULT) == 0 &&
      SSL_CTX_get_security_level(ctx) > 0) {
    ftps_error_set(err,
        "TLSProtocol%s%s%s: OpenSSL forbids protocols before TLSv1.2 at its "
        "security level %d, so nobody can connect by TLS; add TLSv1.2, or set "
        "TLSProfile old",
        settings->protocols & FTPS_PROTO_SSLV3 ? " SSLv3" : "",
        settings->protocols & FTPS_PROTO_TLSV1_0 ? " TLSv1" : "",
        settings->protocols & FTPS_PROTO_TLSV1_1 ? " TLSv1.1" : "",
        SSL_CTX_get_security_level(ctx));
    return -1;
  }

  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
    if (ftps_context_takes(ctx, settings->protocols,
            sk_SSL_CIPHER_value(ciphers, i))) {
      return 0;
    }
  }

  ftps_error_set(err,
      "TLSCipherSuite %s: no cipher in it works with the server's certificate "
      "and TLSProtocol, so nobody can connect by TLS; see \"openssl ciphers "
      "-v\"",
      settings->cipher_list);
  return -1;
}

static SSL_CTX *new_context(struct ftps_daemon *daemon,
    const SSL_METHOD *method) {
  SSL_CTX *ctx = SSL_CTX_new(method);

  if (ctx != NULL && ftps_ctx_index_begin(ctx, daemon) < 0) {
    SSL_CTX_free(ctx);
    return NULL;
  }

  return ctx;
}

SSL_CTX *ftps_context_build(const struct ftps_context_props *props,
    struct ftps_error *err) {
  const struct ftps_settings *settings = props->settings;
  SSL_CTX *ctx = new_context(props->daemon, TLS_server_method());

  if (ctx == NULL) {
    ftps_error_set_ssl(err, "making a TLS context");
    return NULL;
  }

  set_options(ctx, settings);
  if (ftps_offer_set_protocols(ctx, settings, err) < 0 ||
      set_ciphers(ctx, settings, err) < 0 ||
      ftps_offer_set_signatures(ctx, settings, err) < 0 ||
      ftps_offer_set_groups(ctx, settings, err) < 0 ||
      ftps_verify_load_trust(ctx, settings, err) < 0 ||
      ftps_usermap_file_load(ctx, settings, err) < 0 ||
      install_pairs(ctx, settings, props->pairs, err) < 0 ||
      ftps_stapling_attach(ctx, settings, props->pairs, err) < 0 ||
      ftps_verify_ocsp_attach(ctx, settings, err) < 0 ||
      ftps_dh_set(ctx, settings, err) < 0 ||
      ftps_psk_set(ctx, settings, err) < 0 || set_secret(ctx, props, err) < 0 ||
      set_session_id(ctx, props, err) < 0) {
    SSL_CTX_free(ctx);
    return NULL;
  }

  if (ftps_keylog_attach(ctx, settings->keylog_path) < 0) {
    ftps_error_set_errno(err, ENOMEM, "memory for a path");
    SSL_CTX_free(ctx);
    return NULL;
  }

  set_server_info(ctx, settings);
  ftps_verify_set_mode(ctx, settings);
  set_resumption(ctx, props->daemon->hooks);
  set_callbacks(ctx, props);
  return ctx;
}

SSL_CTX *ftps_context_build_client(const struct ftps_settings *settings,
    SSL_CTX *server, struct ftps_error *err) {
  SSL_CTX *ctx =
      new_context(ftps_ctx_index_daemon(server), TLS_client_method());

  if (ctx == NULL) {
    ftps_error_set_ssl(err, "making a TLS context for SSCN");
    return NULL;
  }

  set_options(ctx, settings);
  if (ftps_offer_set_protocols(ctx, settings, err) < 0 ||
      set_ciphers(ctx, settings, err) < 0 ||
      ftps_offer_set_signatures(ctx, settings, err) < 0 ||
      (settings->groups != NULL &&
          ftps_offer_set_groups(ctx, settings, err) < 0) ||
      ftps_verify_server_prepare(ctx, settings, server, err) < 0) {
    SSL_CTX_free(ctx);
    return NULL;
  }

  (void) SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  ftps_diag_trace(ctx, (settings->options & FTPS_OPT_ENABLE_DIAGS) != 0);
  return ctx;
}

/* SSL_set_SSL_CTX() changes certificates, ciphers and trust.  Options,
 * versions, verify mode, groups and tracing were copied when the SSL was made,
 * and do not change.
 */
int ftps_context_move(SSL *ssl, SSL_CTX *to, const struct ftps_settings *from,
    const struct ftps_settings *settings) {
  if (SSL_set_SSL_CTX(ssl, to) == NULL ||
      ftps_offer_move_protocols(ssl, to) < 0) {
    return -1;
  }

  (void) SSL_clear_options(ssl,
      SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS);
  (void) SSL_set_options(ssl, SSL_CTX_get_options(to));
  SSL_set_verify(ssl, SSL_CTX_get_verify_mode(to),
      SSL_CTX_get_verify_callback(to));
  SSL_set_verify_depth(ssl, SSL_CTX_get_verify_depth(to));
  ftps_psk_move(ssl, to);
  ftps_diag_trace_one(ssl, (settings->options & FTPS_OPT_ENABLE_DIAGS) != 0);
  return ftps_offer_move_groups(ssl, from, settings);
}

int ftps_context_check(const char *cipher_list, const char *ciphersuites,
    const char *groups, struct ftps_error *err) {
  SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
  int res = -1;

  if (ctx != NULL &&
      (cipher_list == NULL || SSL_CTX_set_cipher_list(ctx, cipher_list)) &&
      (ciphersuites == NULL || SSL_CTX_set_ciphersuites(ctx, ciphersuites)) &&
      (groups == NULL || SSL_CTX_set1_groups_list(ctx, groups))) {
    res = 0;
  } else {
    ftps_error_set_ssl(err, "not understood by OpenSSL");
  }

  SSL_CTX_free(ctx);
  return res;
}
