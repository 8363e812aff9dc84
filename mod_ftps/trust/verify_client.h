/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * verify_client.h: which client certificates a context trusts.
 *
 * Called by context.c while a context is built; needs root,
 * which the caller has raised.
 */
#ifndef FTPS_TRUST_VERIFY_CLIENT_H
#define FTPS_TRUST_VERIFY_CLIENT_H

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

struct ftps_daemon;

/* Loads revocation lists and the configured CA certificates, or the library's
 * default ones where clients are verified and none are configured.
 */
int ftps_verify_load_trust(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err);

/* The CA certificates that the library was installed with, read once and
 * shared by all contexts that add nothing to them.
 */
int ftps_verify_use_defaults(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err);

/* The same, borrowed; NULL when they cannot be had. */
X509_STORE *ftps_verify_get0_defaults(struct ftps_daemon *daemon);

/* At a restart: they are read anew when they are needed. */
void ftps_verify_forget_trust(struct ftps_daemon *daemon);

/* Whether a client certificate is asked for, and how deep it may stand. */
void ftps_verify_set_mode(SSL_CTX *ctx, const struct ftps_settings *settings);

/* Would a full handshake accept this client certificate now?  For sessions that
 * are to be resumed, which bring the certificate and none of its chain.
 * X509_V_OK, or why not; the reason is in TLSLog then.
 */
int ftps_verify_again(SSL *ssl, X509 *cert);

/* All CA certificates and revocation lists that have been loaded, as text that
 * changes when they do.
 */
#define FTPS_VERIFY_DIGEST_SIZE (2 * 32 + 1)
int ftps_verify_digest(const SSL_CTX *ctx,
    char text_out[FTPS_VERIFY_DIGEST_SIZE]);

#endif /* FTPS_TRUST_VERIFY_CLIENT_H */
