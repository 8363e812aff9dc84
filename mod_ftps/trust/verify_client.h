/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * verify_client.h: which client certificates a context trusts.
 *
 * Used while a context is built; needs root, which the caller has raised.
 */
#ifndef FTPS_TRUST_VERIFY_CLIENT_H
#define FTPS_TRUST_VERIFY_CLIENT_H

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

struct ftps_daemon;

/* Loads revocation lists and the configured CA certificates.  If clients are
 * verified and no CAs are configured, it loads the library's default CAs.
 */
int ftps_verify_load_trust(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err);

/* The default CA certificates of the library, read once and shared by all
 * contexts that add nothing to them.
 */
int ftps_verify_use_defaults(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err);

/* The same, borrowed.  Returns NULL with `err` set if they cannot be loaded. */
X509_STORE *ftps_verify_get0_defaults(struct ftps_daemon *daemon,
    struct ftps_error *err);

/* At a reload: they are read again when they are needed. */
void ftps_verify_forget_trust(struct ftps_daemon *daemon);

/* Sets whether a client certificate is requested, and its largest depth. */
void ftps_verify_set_mode(SSL_CTX *ctx, const struct ftps_settings *settings);

/* Checks whether a full handshake would accept this client certificate now.
 * For sessions that are to be resumed, which have the certificate without its
 * chain.  Returns X509_V_OK, or why not; the reason is in TLSLog then.
 */
int ftps_verify_again(SSL *ssl, X509 *cert);

/* A text that depends on all CA certificates and revocation lists that have
 * been loaded, and changes when they change.
 */
#define FTPS_VERIFY_DIGEST_SIZE (2 * 32 + 1)
int ftps_verify_digest(const SSL_CTX *ctx,
    char text_out[FTPS_VERIFY_DIGEST_SIZE]);

#endif /* FTPS_TRUST_VERIFY_CLIENT_H */
