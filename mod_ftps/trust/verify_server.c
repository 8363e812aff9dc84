/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * verify_server.c: see verify_server.h.
 */
#include "trust/verify_server.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/conn_index.h"
#include "base/conn_tag.h"
#include "base/peername.h"
#include "base/x509_text.h"
#include "log/log.h"
#include "trust/crl.h"
#include "trust/verify_client.h"

static bool is_listed_by_name(X509 *cert, const struct ftps_conn_peer *peer) {
  for (size_t i = 0; i < peer->listed_count; i++) {
    if (ftps_peername_is_in(peer->listed[i], cert)) {
      return true;
    }
  }

  return false;
}

/* The administrator has listed exactly this certificate. */
static bool is_listed_by_fingerprint(X509 *cert,
    const struct ftps_conn_peer *peer) {
  char fingerprint[FTPS_PEERNAME_FINGERPRINT_SIZE];

  ftps_peername_describe(cert, fingerprint);
  for (size_t i = 0; i < peer->listed_count && fingerprint[0] != '\0'; i++) {
    if (strcmp(peer->listed[i], fingerprint) == 0) {
      return true;
    }
  }

  return false;
}

/* The library uses the common name only if there is no DNS name. */
static int find_identity(X509 *cert, const struct ftps_conn_peer *peer) {
  const char *name;

  if (peer->must_be_listed) {
    return is_listed_by_name(cert, peer) ? X509_V_OK
                                         : X509_V_ERR_HOSTNAME_MISMATCH;
  }

  if (X509_check_ip_asc(cert, peer->address, 0) == 1) {
    return X509_V_OK;
  }

  name = peer->find_name != NULL ? peer->find_name(peer->arg) : NULL;
  if (name == NULL) {
    return X509_V_ERR_IP_ADDRESS_MISMATCH;
  }

  return X509_check_host(cert, name, 0, 0, NULL) == 1
      ? X509_V_OK
      : X509_V_ERR_HOSTNAME_MISMATCH;
}

/* Errors that the library leaves in its queue would count as an error of the
 * handshake that is going on.
 */
static int check_identity(X509 *cert, const struct ftps_conn_peer *peer) {
  int error;

  (void) ERR_set_mark();
  error = find_identity(cert, peer);
  (void) ERR_pop_to_mark();
  return error;
}

static const struct ftps_conn_peer *find_peer(X509_STORE_CTX *store_ctx,
    const SSL **ssl_out) {
  const struct ftps_conn_tag *tag = NULL;

  *ssl_out = X509_STORE_CTX_get_ex_data(store_ctx,
      SSL_get_ex_data_X509_STORE_CTX_idx());
  if (*ssl_out != NULL) {
    tag = ftps_conn_index_get(*ssl_out);
  }

  return tag != NULL ? tag->peer : NULL;
}

/* Depth counts as for client certificates: see verify_client.c. */
static int judge(X509_STORE_CTX *store_ctx) {
  const SSL *ssl;
  const struct ftps_conn_peer *peer = find_peer(store_ctx, &ssl);
  int depth = X509_STORE_CTX_get_error_depth(store_ctx);

  if (peer == NULL) {
    return X509_V_ERR_APPLICATION_VERIFICATION;
  }

  if (depth >= SSL_get_verify_depth(ssl)) {
    return X509_V_ERR_CERT_CHAIN_TOO_LONG;
  }

  if (ftps_crl_is_revoked_since(store_ctx)) {
    return X509_V_ERR_CERT_REVOKED;
  }

  return depth == 0
      ? check_identity(X509_STORE_CTX_get_current_cert(store_ctx), peer)
      : X509_V_OK;
}

/* The administrator may want to copy the fingerprint. */
static void log_refusal(X509_STORE_CTX *store_ctx) {
  X509 *cert = X509_STORE_CTX_get_current_cert(store_ctx);
  X509 *leaf = X509_STORE_CTX_get0_cert(store_ctx);
  char subject[512] = "(none)";
  char fingerprint[FTPS_PEERNAME_FINGERPRINT_SIZE] = "";

  if (cert != NULL) {
    (void) ftps_text_name(X509_get_subject_name(cert), subject,
        sizeof(subject));
  }
  if (leaf != NULL) {
    ftps_peername_describe(leaf, fingerprint);
  }

  ftps_log("certificate of the other server refused: %s (depth %d, subject "
           "\"%s\"); the server showed %s",
      X509_verify_cert_error_string(X509_STORE_CTX_get_error(store_ctx)),
      X509_STORE_CTX_get_error_depth(store_ctx), subject, fingerprint);
}

static bool is_vouched_for(X509_STORE_CTX *store_ctx) {
  const SSL *ssl;
  const struct ftps_conn_peer *peer = find_peer(store_ctx, &ssl);
  X509 *leaf = X509_STORE_CTX_get0_cert(store_ctx);

  return peer != NULL && leaf != NULL && peer->must_be_listed &&
      is_listed_by_fingerprint(leaf, peer);
}

static int check_certificate(int ok, X509_STORE_CTX *store_ctx) {
  int error;

  if (is_vouched_for(store_ctx) || (!ok && ftps_crl_has_no_list(store_ctx))) {
    X509_STORE_CTX_set_error(store_ctx, X509_V_OK);
    return 1;
  }

  if (ok) {
    error = judge(store_ctx);
    if (error == X509_V_OK) {
      return 1;
    }
    X509_STORE_CTX_set_error(store_ctx, error);
  }

  log_refusal(store_ctx);
  return 0;
}

/* The server's own store has the configured CAs, or the default CAs if it
 * requests client certificates.
 */
X509_STORE *ftps_verify_server_get0_trust(const struct ftps_settings *settings,
    SSL_CTX *server) {
  return settings->ca_file != NULL || settings->ca_path != NULL ||
          settings->verify != FTPS_VERIFY_OFF
      ? SSL_CTX_get_cert_store(server)
      : NULL;
}

int ftps_verify_server_prepare(SSL_CTX *ctx,
    const struct ftps_settings *settings, SSL_CTX *server,
    struct ftps_error *err) {
  X509_STORE *trust = ftps_verify_server_get0_trust(settings, server);

  if (settings->verify_server == FTPS_VERIFY_SERVER_OFF) {
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
    return 0;
  }

  if (trust != NULL) {
    SSL_CTX_set1_cert_store(ctx, trust);
  } else if (ftps_verify_use_defaults(ctx, settings, err) < 0 ||
      ftps_crl_load(ctx, settings, err) < 0) {
    return -1;
  }

  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, check_certificate);
  SSL_CTX_set_verify_depth(ctx, (int) settings->verify_depth + 1);
  return 0;
}

void ftps_verify_server_demand(SSL *ssl) {
  SSL_set_verify(ssl, SSL_VERIFY_PEER, check_certificate);
}
