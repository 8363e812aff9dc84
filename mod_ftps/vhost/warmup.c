/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * warmup.c: see warmup.h.
 */
#include "vhost/warmup.h"

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "keys/loopback.h"

static X509 *make_certificate(EVP_PKEY *key) {
  X509 *cert = X509_new();

  if (cert != NULL &&
      (X509_set_version(cert, X509_VERSION_3) != 1 ||
          X509_gmtime_adj(X509_getm_notBefore(cert), 0) == NULL ||
          X509_gmtime_adj(X509_getm_notAfter(cert), 3600) == NULL ||
          X509_set_pubkey(cert, key) != 1 ||
          X509_sign(cert, key, EVP_sha256()) == 0)) {
    X509_free(cert);
    return NULL;
  }

  return cert;
}

static SSL_CTX *make_server(void) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *cert = key != NULL ? make_certificate(key) : NULL;
  SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

  if (cert == NULL || ctx == NULL || SSL_CTX_use_certificate(ctx, cert) != 1 ||
      SSL_CTX_use_PrivateKey(ctx, key) != 1) {
    SSL_CTX_free(ctx);
    ctx = NULL;
  }

  X509_free(cert);
  EVP_PKEY_free(key);
  return ctx;
}

/* Makes a handshake and returns its session, for another handshake.  Tickets
 * come with the first bytes.
 */
static SSL_SESSION *shake_hands(SSL_CTX *server_ctx, SSL_CTX *client_ctx,
    int version, SSL_SESSION *session) {
  SSL *server = SSL_new(server_ctx);
  SSL *client = SSL_new(client_ctx);
  SSL_SESSION *next = NULL;
  char byte = 0;
  size_t len;

  if (server != NULL && client != NULL &&
      SSL_set_min_proto_version(client, version) == 1 &&
      SSL_set_max_proto_version(client, version) == 1 &&
      (session == NULL || SSL_set_session(client, session) == 1) &&
      ftps_loopback_connect(server, client) &&
      SSL_write_ex(server, &byte, 1, &len) == 1 &&
      SSL_read_ex(client, &byte, 1, &len) == 1 &&
      SSL_write_ex(client, &byte, 1, &len) == 1 &&
      SSL_read_ex(server, &byte, 1, &len) == 1) {
    next = SSL_get1_session(client);
  }

  SSL_free(server);
  SSL_free(client);
  return next;
}

/* Looks up the algorithms of keys and groups that no handshake has used. */
static void look_up_others(void) {
  EVP_KEYMGMT_free(EVP_KEYMGMT_fetch(NULL, "RSA", NULL));
  EVP_SIGNATURE_free(EVP_SIGNATURE_fetch(NULL, "RSA", NULL));
  EVP_KEYMGMT_free(EVP_KEYMGMT_fetch(NULL, "EC", NULL));
  EVP_KEYEXCH_free(EVP_KEYEXCH_fetch(NULL, "ECDH", NULL));
}

void ftps_warmup(void) {
  static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
  SSL_CTX *server = make_server();
  SSL_CTX *client = SSL_CTX_new(TLS_client_method());

  for (size_t i = 0; i < 2 && server != NULL && client != NULL; i++) {
    SSL_SESSION *first = shake_hands(server, client, versions[i], NULL);

    SSL_SESSION_free(shake_hands(server, client, versions[i], first));
    SSL_SESSION_free(first);
  }

  look_up_others();
  SSL_CTX_free(server);
  SSL_CTX_free(client);
  ERR_clear_error();
}
