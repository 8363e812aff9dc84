/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * sni.c: see sni.h.
 */
#include "conn/sni.h"

#include <string.h>

#include "base/hello.h"
#include "conn/conn.h"
#include "context/context.h"
#include "context/vhosts.h"

/* ALPN protocol id of FTP (IANA registry), with its length byte. */
static const unsigned char alpn_ftp[] = { 3, 'f', 't', 'p' };

static int move_to(struct ftps_conn *conn, const struct ftps_vhost *vhost,
    int *alert) {
  SSL_CTX *ctx = ftps_vhost_get0_context(vhost);

  if (vhost == conn->vhost) {
    return SSL_CLIENT_HELLO_SUCCESS;
  }

  if (ctx == NULL ||
      ftps_context_move(conn->ssl, ctx, ftps_vhost_settings(conn->vhost),
          ftps_vhost_settings(vhost)) < 0) {
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_CLIENT_HELLO_ERROR;
  }

  conn->vhost = vhost;
  return SSL_CLIENT_HELLO_SUCCESS;
}

int ftps_sni_client_hello(SSL *ssl, int *alert, void *arg) {
  struct ftps_conn *conn = ftps_conn_of(ssl);
  const struct ftps_vhost *vhost;
  const unsigned char *ext;
  size_t len;

  (void) arg;

  /* On data connections the name says nothing new. */
  if (conn == NULL || conn->tag.kind == FTPS_KIND_DATA ||
      conn->chooser.choose == NULL ||
      SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &ext, &len) !=
          1) {
    return SSL_CLIENT_HELLO_SUCCESS;
  }

  switch (ftps_hello_server_name(ext, len, conn->server_name)) {
    case FTPS_HELLO_NO_NAME:
      return SSL_CLIENT_HELLO_SUCCESS;

    case FTPS_HELLO_BAD_NAME:
      *alert = SSL_AD_DECODE_ERROR;
      return SSL_CLIENT_HELLO_ERROR;

    case FTPS_HELLO_NAME:
      break;
  }

  vhost = conn->chooser.choose(conn->chooser.arg, conn->server_name, alert);
  if (vhost == NULL) {
    return SSL_CLIENT_HELLO_ERROR;
  }

  return move_to(conn, vhost, alert);
}

/* "ftp" when offered, wherever it stands in the list: FileZilla offers a
 * protocol of its own first.  Offers without it are not refused (contract,
 * TLSNextProtocol).
 */
int ftps_sni_alpn_select_cb(SSL *ssl, const unsigned char **out,
    unsigned char *out_len, const unsigned char *in, unsigned int in_len,
    void *arg) {
  (void) ssl;
  (void) arg;

  while (in_len > 0 && in_len > in[0]) {
    unsigned int item = in[0] + 1U;

    if (item == sizeof(alpn_ftp) && memcmp(in, alpn_ftp, item) == 0) {
      *out = in + 1;
      *out_len = in[0];
      return SSL_TLSEXT_ERR_OK;
    }
    in += item;
    in_len -= item;
  }

  return SSL_TLSEXT_ERR_NOACK;
}
