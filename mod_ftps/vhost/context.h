/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * context.h: settings and key pairs -> a finished SSL_CTX.
 *
 * A context is built in the daemon (or in a session, when
 * files have changed), aside from the one in use, and never changed after
 * that.  What differs between control and data connections is decided by
 * callbacks, which look at the connection's tag (base/conn_tag.h).
 */
#ifndef FTPS_VHOST_CONTEXT_H
#define FTPS_VHOST_CONTEXT_H

#include <stddef.h>

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
  void *kept; /* the same when all is built: what certificate_needed is told */
  unsigned int namesakes; /* servers before it of the same name and port */
};

/* NULL and `err` on failure.  Needs root for CA files. */
SSL_CTX *ftps_context_build(const struct ftps_context_props *props,
    struct ftps_error *err);

/* 0, or -1 and `err` when there is nothing that a client could agree upon. */
int ftps_context_check_usable(SSL_CTX *ctx,
    const struct ftps_settings *settings, struct ftps_error *err);

/* For transfers between servers, where this one is the TLS client: the same
 * protocols, ciphers and trusted CAs as `server`, the context that was built of
 * the same settings; no certificate, so no key is ever needed.
 */
SSL_CTX *ftps_context_build_client(const struct ftps_settings *settings,
    SSL_CTX *server, struct ftps_error *err);

/* Moves a connection whose ClientHello is being read to another context, with
 * all that SSL_set_SSL_CTX() leaves behind.
 */
int ftps_context_move(SSL *ssl, SSL_CTX *to, const struct ftps_settings *from,
    const struct ftps_settings *settings);

/* For directives: does the library understand these words?  NULL is fine. */
int ftps_context_check(const char *cipher_list, const char *ciphersuites,
    const char *groups, struct ftps_error *err);

#endif /* FTPS_VHOST_CONTEXT_H */
