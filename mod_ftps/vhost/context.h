/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * context.h: builds an SSL_CTX from settings and key pairs.
 *
 * A context is built in the daemon (or in a session, if files have changed)
 * while the old one is in use, and never changes after that.  Callbacks decide
 * what differs between control and data connections; they read the connection's
 * tag (base/conn_tag.h).
 */
#ifndef FTPS_VHOST_CONTEXT_H
#define FTPS_VHOST_CONTEXT_H

#include <stddef.h>

#include <stdbool.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

struct ftps_daemon;
struct ftps_keypair;

/* Callbacks that belong to connections; a member of struct ftps_daemon. */
struct ftps_context_hooks {
  SSL_client_hello_cb_fn client_hello;
  SSL_CTX_generate_session_ticket_fn ticket_made;
  SSL_CTX_decrypt_session_ticket_fn ticket_read;
  SSL_SESSION *(
      *session_find)(SSL *ssl, const unsigned char *id, int len, int *copy);
  SSL_CTX_alpn_select_cb_func alpn_select;
  int (*certificate_needed)(SSL *ssl, void *arg);
};

struct ftps_context_props {
  struct ftps_daemon *daemon;
  const struct ftps_settings *settings;
  struct ftps_keypair *const *pairs; /* keys/pairs.h */
  void *kept; /* the same after the build; the argument of certificate_needed */
  unsigned int namesakes; /* servers before it of the same name and port */
};

/* Returns NULL with `err` set on failure.  Needs root for CA files. */
SSL_CTX *ftps_context_build(const struct ftps_context_props *props,
    struct ftps_error *err);

/* True if a connection can use the cipher with one of these protocols and with
 * the certificates of the context.
 */
bool ftps_context_takes(SSL_CTX *ctx, unsigned int allowed,
    const SSL_CIPHER *cipher);

/* The certificates of a context, the first one as 0.  Returns NULL behind the
 * last one.
 */
X509 *ftps_context_certificate(SSL_CTX *ctx, size_t i);

/* Bits for the kinds of certificates in the context, and for a pre-shared key.
 */
unsigned int ftps_context_kinds(SSL_CTX *ctx);

/* Returns 0, or -1 with `err` set if no client could connect. */
int ftps_context_check_usable(SSL_CTX *ctx,
    const struct ftps_settings *settings, struct ftps_error *err);

/* The same if TLSServerInfoFile is not used. */
int ftps_context_check_server_info(SSL_CTX *ctx,
    const struct ftps_settings *settings, struct ftps_error *err);

/* For transfers between servers, if this server is the TLS client.  It has the
 * same protocols, ciphers and trusted CAs as `server`, the context that was
 * built from the same settings; it has no certificate, so it never needs a key.
 */
SSL_CTX *ftps_context_build_client(const struct ftps_settings *settings,
    SSL_CTX *server, struct ftps_error *err);

/* Moves a connection whose ClientHello is being read to another context, with
 * everything that SSL_set_SSL_CTX() does not change.
 */
int ftps_context_move(SSL *ssl, SSL_CTX *to, const struct ftps_settings *from,
    const struct ftps_settings *settings);

/* For directives: checks whether the library accepts these words.  NULL is
 * valid.
 */
int ftps_context_check(const char *cipher_list, const char *ciphersuites,
    const char *groups, struct ftps_error *err);

#endif /* FTPS_VHOST_CONTEXT_H */
