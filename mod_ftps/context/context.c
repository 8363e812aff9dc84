/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * context.c: see context.h.
 *
 * ftps_context_build() is a list of small steps, each of which can fail with
 * its own text.
 */
#include "context/context.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "context/diag.h"
#include "context/keypair.h"
#include "context/verify.h"

/* Longer than any session: a ticket must not expire while the control
 * connection that it belongs to is open.  Clients are told a week at most in
 * TLS 1.3 (RFC 8446, 4.6.1); conn/resume.c sends fresh ones before that.
 */
#define TICKET_LIFETIME (30L * 24 * 60 * 60)

#define PROTOCOL_OPTIONS \
  (SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2 | \
      SSL_OP_NO_TLSv1_3)

/* The library has no call that brings its own list back. */
#define LIBRARY_GROUPS "X25519:P-256:X448:P-521:P-384"

static struct ftps_context_hooks context_hooks;

static const struct {
  unsigned int bit;
  int version;
  uint64_t off;
} protocols[] = { { FTPS_PROTO_SSLV3, SSL3_VERSION, SSL_OP_NO_SSLv3 },
  { FTPS_PROTO_TLSV1_0, TLS1_VERSION, SSL_OP_NO_TLSv1 },
  { FTPS_PROTO_TLSV1_1, TLS1_1_VERSION, SSL_OP_NO_TLSv1_1 },
  { FTPS_PROTO_TLSV1_2, TLS1_2_VERSION, SSL_OP_NO_TLSv1_2 },
  { FTPS_PROTO_TLSV1_3, TLS1_3_VERSION, SSL_OP_NO_TLSv1_3 } };

#define PROTOCOL_COUNT (sizeof(protocols) / sizeof(protocols[0]))

void ftps_context_set_hooks(const struct ftps_context_hooks *hooks) {
  context_hooks = *hooks;
}

static uint64_t forbidden_protocols(unsigned int allowed) {
  uint64_t options = 0;

  for (size_t i = 0; i < PROTOCOL_COUNT; i++) {
    if ((allowed & protocols[i].bit) == 0) {
      options |= protocols[i].off;
    }
  }

  return options;
}

static int lowest_protocol(unsigned int allowed) {
  for (size_t i = 0; i < PROTOCOL_COUNT; i++) {
    if (allowed & protocols[i].bit) {
      return protocols[i].version;
    }
  }

  return TLS1_2_VERSION;
}

static int set_protocols(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err) {
  if (SSL_CTX_set_min_proto_version(ctx,
          lowest_protocol(settings->protocols)) != 1) {
    ftps_error_set_ssl(err,
        "TLSProtocol: this OpenSSL cannot do the oldest "
        "protocol named; remove it");
    return -1;
  }

  (void) SSL_CTX_set_options(ctx, forbidden_protocols(settings->protocols));
  return 0;
}

static int set_options(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err) {
  (void) err;
  (void) SSL_CTX_set_options(ctx,
      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  if (settings->server_preference) {
    (void) SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
  }

  (void) SSL_CTX_set_mode(ctx,
      SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
          SSL_MODE_AUTO_RETRY | SSL_MODE_RELEASE_BUFFERS |
          SSL_MODE_NO_AUTO_CHAIN);

  if (settings->options & FTPS_OPT_ALLOW_WEAK_SECURITY) {
    SSL_CTX_set_security_level(ctx, 0);
  }

  return 0;
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

static int set_groups(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err) {
  if (settings->groups != NULL &&
      SSL_CTX_set1_groups_list(ctx, settings->groups) != 1) {
    ftps_error_set_ssl(err,
        "TLSECDHCurve %s: not a list of curves that this "
        "OpenSSL knows; see \"openssl ecparam -list_curves\"",
        settings->groups);
    return -1;
  }

  (void) SSL_CTX_set_dh_auto(ctx, 1);
  return 0;
}

/* Sessions of one server must not be resumed at another one, nor under another
 * policy for client certificates (the class of CVE-2025-23419).
 */
static int set_session_id(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err) {
  unsigned char id[EVP_MAX_MD_SIZE];
  unsigned int len;
  char text[4096];
  int n;

  n = snprintf(text, sizeof(text), "%s|%s|%u|%d|%d|%s|%s",
      settings->server_name, settings->address, settings->port,
      settings->verify, settings->verify_depth,
      settings->ca_file != NULL ? settings->ca_file : "",
      settings->ca_path != NULL ? settings->ca_path : "");
  if (n < 0 ||
      EVP_Digest(text, strlen(text), id, &len, EVP_sha256(), NULL) != 1 ||
      SSL_CTX_set_session_id_context(ctx, id, len) != 1) {
    ftps_error_set_ssl(err, "naming the server for session resumption");
    return -1;
  }

  return 0;
}

static void set_resumption(SSL_CTX *ctx, const unsigned char *ticket_keys) {
  unsigned char keys[FTPS_TICKET_KEYS_SIZE];

  memcpy(keys, ticket_keys, sizeof(keys));
  (void) SSL_CTX_set_tlsext_ticket_keys(ctx, keys, sizeof(keys));
  OPENSSL_cleanse(keys, sizeof(keys));

  (void) SSL_CTX_set_timeout(ctx, TICKET_LIFETIME);
  (void) SSL_CTX_set_session_cache_mode(ctx,
      SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_get_cb(ctx, context_hooks.session_find);
  (void) SSL_CTX_set_session_ticket_cb(ctx, context_hooks.ticket_made,
      context_hooks.ticket_read, NULL);
}

static int acknowledge_name(SSL *ssl, int *alert, void *arg) {
  (void) ssl;
  (void) alert;
  (void) arg;
  return SSL_TLSEXT_ERR_OK;
}

static void set_callbacks(SSL_CTX *ctx,
    const struct ftps_context_props *props) {
  SSL_CTX_set_client_hello_cb(ctx, context_hooks.client_hello, NULL);
  (void) SSL_CTX_set_tlsext_servername_callback(ctx, acknowledge_name);
  SSL_CTX_set_cert_cb(ctx, context_hooks.certificate_needed, props->owner);
  if (props->settings->alpn) {
    SSL_CTX_set_alpn_select_cb(ctx, context_hooks.alpn_select, NULL);
  }
  if (props->settings->options & FTPS_OPT_ENABLE_DIAGS) {
    ftps_diag_trace(ctx);
  }
}

static int install_pairs(SSL_CTX *ctx, struct ftps_keypair *const *pairs,
    struct ftps_error *err) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (pairs[i] != NULL && ftps_keypair_install(pairs[i], ctx, err) < 0) {
      return -1;
    }
  }

  return 0;
}

SSL_CTX *ftps_context_build(const struct ftps_context_props *props,
    struct ftps_error *err) {
  const struct ftps_settings *settings = props->settings;
  SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

  if (ctx == NULL) {
    ftps_error_set_ssl(err, "making a TLS context");
    return NULL;
  }

  if (set_options(ctx, settings, err) < 0 ||
      set_protocols(ctx, settings, err) < 0 ||
      set_ciphers(ctx, settings, err) < 0 ||
      set_groups(ctx, settings, err) < 0 ||
      set_session_id(ctx, settings, err) < 0 ||
      ftps_verify_load_trust(ctx, settings, err) < 0 ||
      install_pairs(ctx, props->pairs, err) < 0) {
    SSL_CTX_free(ctx);
    return NULL;
  }

  ftps_verify_set_mode(ctx, settings);
  set_resumption(ctx, props->ticket_keys);
  set_callbacks(ctx, props);
  return ctx;
}

/* SSL_set_SSL_CTX() brings certificates, ciphers and trust; options, versions,
 * verify mode and groups were copied when the SSL was made and stay.
 */
int ftps_context_move(SSL *ssl, SSL_CTX *to, const struct ftps_settings *from,
    const struct ftps_settings *settings) {
  const char *groups = settings->groups;

  if (SSL_set_SSL_CTX(ssl, to) == NULL ||
      SSL_set_min_proto_version(ssl, lowest_protocol(settings->protocols)) !=
          1) {
    return -1;
  }

  (void) SSL_clear_options(ssl,
      PROTOCOL_OPTIONS | SSL_OP_CIPHER_SERVER_PREFERENCE);
  (void) SSL_set_options(ssl, SSL_CTX_get_options(to));
  SSL_set_verify(ssl, SSL_CTX_get_verify_mode(to),
      SSL_CTX_get_verify_callback(to));
  SSL_set_verify_depth(ssl, SSL_CTX_get_verify_depth(to));

  if (groups == NULL && from->groups != NULL) {
    groups = LIBRARY_GROUPS;
  }

  return groups == NULL || SSL_set1_groups_list(ssl, groups) == 1 ? 0 : -1;
}

int ftps_context_check_ciphers(const char *cipher_list,
    const char *ciphersuites, struct ftps_error *err) {
  SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
  int res = -1;

  if (ctx != NULL &&
      (cipher_list == NULL || SSL_CTX_set_cipher_list(ctx, cipher_list)) &&
      (ciphersuites == NULL || SSL_CTX_set_ciphersuites(ctx, ciphersuites))) {
    res = 0;
  } else {
    ftps_error_set_ssl(err, "not understood by OpenSSL");
  }

  SSL_CTX_free(ctx);
  return res;
}

int ftps_context_check_groups(const char *groups, struct ftps_error *err) {
  SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
  int res = -1;

  if (ctx != NULL &&
      (groups == NULL || SSL_CTX_set1_groups_list(ctx, groups))) {
    res = 0;
  } else {
    ftps_error_set_ssl(err, "not understood by OpenSSL");
  }

  SSL_CTX_free(ctx);
  return res;
}
