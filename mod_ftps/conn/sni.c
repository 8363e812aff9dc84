/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * sni.c: see sni.h.
 */
#include "conn/sni.h"

#include <string.h>

#include "conn/conn.h"
#include "conn/conn_own.h"
#include "conn/hello.h"
#include "conn/resume.h"
#include "log/log.h"
#include "named/shown.h"
#include "vhost/context.h"
#include "vhost/vhost.h"

/* ALPN protocol id of FTP (IANA registry), with its length byte. */
static const unsigned char alpn_ftp[] = { 3, 'f', 't', 'p' };

/* FileZilla offers this on data connections; it is not in the registry. */
static const unsigned char alpn_data[] = { 8, 'f', 't', 'p', '-', 'd', 'a', 't',
  'a' };

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

static int refuse(int *alert, int value) {
  *alert = value;
  return SSL_CLIENT_HELLO_ERROR;
}

/* Returns 1, or 0 with the alert set: the handshake must end.  A name that no
 * host can have is ignored, if names do not matter here.
 */
static int read_name(SSL *ssl, const struct ftps_conn_chooser *chooser,
    char *name, int *alert) {
  const unsigned char *ext;
  size_t len;

  name[0] = '\0';
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &ext, &len) !=
      1) {
    return 1;
  }

  switch (ftps_hello_server_name(ext, len, name)) {
    case FTPS_HELLO_BAD_NAME:
      return refuse(alert, SSL_AD_DECODE_ERROR);

    case FTPS_HELLO_ODD_NAME:
      return chooser->may_ignore(chooser->arg, ext + FTPS_HELLO_NAME_AT,
                 len - FTPS_HELLO_NAME_AT)
          ? 1
          : refuse(alert, SSL_AD_UNRECOGNIZED_NAME);

    default:
      return 1;
  }
}

/* A certificate that the connection does not admit leaves the vhost's own in
 * place.
 */
static int certify(struct ftps_conn *conn, const char *name, int *alert) {
  const struct ftps_conn_chooser *chooser = &conn->own->chooser;
  struct ftps_shown *cert = &conn->own->named;
  const char *host = chooser->certify(chooser->arg, conn->vhost, name, cert);

  if (host == NULL) {
    return SSL_CLIENT_HELLO_SUCCESS;
  }
  if (ftps_shown_use(cert, conn->ssl, host) == 0) {
    return SSL_CLIENT_HELLO_SUCCESS;
  }
  if (ftps_shown_is_set(cert)) {
    return refuse(alert, SSL_AD_INTERNAL_ERROR);
  }

  ftps_log("TLSCertificateDirectory: the key of the certificate for '%s' is "
           "too weak here; have one issued for a stronger key; the server's "
           "own certificate is used",
      host);
  return SSL_CLIENT_HELLO_SUCCESS;
}

int ftps_sni_client_hello(SSL *ssl, int *alert, void *arg) {
  struct ftps_conn *conn = ftps_conn_of(ssl);
  const struct ftps_vhost *vhost;
  char name[FTPS_HOST_NAME_MAX + 1];

  (void) arg;

  /* On data connections the name does not matter. */
  if (conn == NULL || conn->own->chooser.choose == NULL) {
    return conn != NULL && ftps_resume_awaits_login(conn)
        ? SSL_CLIENT_HELLO_RETRY
        : SSL_CLIENT_HELLO_SUCCESS;
  }

  if (read_name(ssl, &conn->own->chooser, name, alert) != 1) {
    return SSL_CLIENT_HELLO_ERROR;
  }

  /* A second ClientHello, after HelloRetryRequest, must have the same name (RFC
   * 8446, 4.1.2).  Otherwise two virtual hosts would be mixed.
   */
  if (conn->own->has_said_hello) {
    return strcmp(name, conn->server_name) == 0
        ? SSL_CLIENT_HELLO_SUCCESS
        : refuse(alert, SSL_AD_ILLEGAL_PARAMETER);
  }

  conn->own->has_said_hello = true;
  ftps_print_read(ssl, &conn->print);
  memcpy(conn->server_name, name, sizeof(name));
  if (name[0] != '\0') {
    vhost = conn->own->chooser.choose(conn->own->chooser.arg, name, alert);
    if (vhost == NULL ||
        move_to(conn, vhost, alert) != SSL_CLIENT_HELLO_SUCCESS) {
      return SSL_CLIENT_HELLO_ERROR;
    }
  }

  return certify(conn, name, alert);
}

/* Chooses "ftp" if it is offered, at any place in the list: FileZilla offers a
 * protocol of its own first.  A client with other protocols wants another
 * server, and is here because somebody has redirected its connection (ALPACA).
 * On data connections clients may offer anything: the resumed session
 * identifies them.  If they need not resume, "ftp-data" is accepted as well.
 */
int ftps_sni_alpn_select_cb(SSL *ssl, const unsigned char **out,
    unsigned char *out_len, const unsigned char *in, unsigned int in_len,
    void *arg) {
  const struct ftps_conn *conn = ftps_conn_of(ssl);
  bool is_fine = conn == NULL || conn->tag.must_resume ||
      ftps_vhost_settings(conn->vhost)->alpn == FTPS_ALPN_OPTIONAL;

  (void) arg;
  while (in_len > 0 && in_len > in[0]) {
    unsigned int item = in[0] + 1U;

    if (item == sizeof(alpn_ftp) && memcmp(in, alpn_ftp, item) == 0) {
      *out = in + 1;
      *out_len = in[0];
      return SSL_TLSEXT_ERR_OK;
    }
    is_fine = is_fine ||
        (conn->tag.kind == FTPS_KIND_DATA && item == sizeof(alpn_data) &&
            memcmp(in, alpn_data, item) == 0);
    in += item;
    in_len -= item;
  }

  return is_fine ? SSL_TLSEXT_ERR_NOACK : SSL_TLSEXT_ERR_ALERT_FATAL;
}
