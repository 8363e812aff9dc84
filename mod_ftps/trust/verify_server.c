/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * verify_server.c: see verify_server.h.
 */
#include "trust/verify_server.h"

#include <openssl/x509v3.h>

#include "base/conn_index.h"
#include "base/conn_tag.h"
#include "base/x509_text.h"
#include "log/log.h"
#include "trust/crl.h"
#include "trust/verify_client.h"

/* The library takes the common name only where there is no DNS name. */
static int check_identity(X509 *cert, const struct ftps_conn_peer *peer) {
  const char *name;

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

/* Depth counts as it does for client certificates: see verify_client.c. */
static int judge(X509_STORE_CTX *store_ctx) {
  const SSL *ssl = X509_STORE_CTX_get_ex_data(store_ctx,
      SSL_get_ex_data_X509_STORE_CTX_idx());
  const struct ftps_conn_tag *tag =
      ssl != NULL ? ftps_conn_index_get(ssl) : NULL;
  int depth = X509_STORE_CTX_get_error_depth(store_ctx);

  if (tag == NULL || tag->peer == NULL) {
    return X509_V_ERR_APPLICATION_VERIFICATION;
  }

  if (depth >= SSL_get_verify_depth(ssl)) {
    return X509_V_ERR_CERT_CHAIN_TOO_LONG;
  }

  return depth == 0
      ? check_identity(X509_STORE_CTX_get_current_cert(store_ctx), tag->peer)
      : X509_V_OK;
}

static int check_certificate(int ok, X509_STORE_CTX *store_ctx) {
  X509 *cert = X509_STORE_CTX_get_current_cert(store_ctx);
  char subject[512] = "(none)";

  if (!ok && ftps_crl_has_no_list(store_ctx)) {
    X509_STORE_CTX_set_error(store_ctx, X509_V_OK);
    return 1;
  }

  if (ok) {
    int error = judge(store_ctx);

    if (error == X509_V_OK) {
      return 1;
    }
    X509_STORE_CTX_set_error(store_ctx, error);
  }

  if (cert != NULL) {
    (void) ftps_text_name(X509_get_subject_name(cert), subject,
        sizeof(subject));
  }

  ftps_log("certificate of the other server refused: %s (depth %d, subject "
           "\"%s\")",
      X509_verify_cert_error_string(X509_STORE_CTX_get_error(store_ctx)),
      X509_STORE_CTX_get_error_depth(store_ctx), subject);
  return 0;
}

/* The server's own store holds what is configured, or the default places where
 * it asks clients for certificates.
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
  SSL_CTX_set_verify_depth(ctx, settings->verify_depth + 1);
  return 0;
}
