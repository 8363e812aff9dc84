/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * context.h: settings and key pairs -> a finished SSL_CTX.
 *
 * Layer: context.  A context is built in the daemon (or in a session, when
 * files have changed), aside from the one in use, and never changed after
 * that.  What differs between control and data connections is decided by
 * callbacks, which look at the connection's tag (base/conn_tag.h).
 */
#ifndef FTPS_CONTEXT_CONTEXT_H
#define FTPS_CONTEXT_CONTEXT_H

#include <stddef.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

struct ftps_keypair;

/* Bytes of session ticket keys, as SSL_CTX_set_tlsext_ticket_keys() takes. */
#define FTPS_TICKET_KEYS_SIZE 80

/* Callbacks that belong to connections; set once, by mod_ftps.c. */
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
  const struct ftps_settings *settings;
  struct ftps_keypair *const *pairs; /* FTPS_KEYTYPE_COUNT; NULL: none */
  const unsigned char *ticket_keys;  /* FTPS_TICKET_KEYS_SIZE */
  void *owner;                       /* argument of certificate_needed */
};

void ftps_context_set_hooks(const struct ftps_context_hooks *hooks);

/* NULL and `err` on failure.  Needs root for CA files. */
SSL_CTX *ftps_context_build(const struct ftps_context_props *props,
    struct ftps_error *err);

/* Moves a connection whose ClientHello is being read to another context, with
 * all that SSL_set_SSL_CTX() leaves behind.
 */
int ftps_context_move(SSL *ssl, SSL_CTX *to, const struct ftps_settings *from,
    const struct ftps_settings *settings);

/* For directives: does the library understand these words?  NULL is fine. */
int ftps_context_check_ciphers(const char *cipher_list,
    const char *ciphersuites, struct ftps_error *err);
int ftps_context_check_groups(const char *groups, struct ftps_error *err);

#endif /* FTPS_CONTEXT_CONTEXT_H */
