/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * verify_server.h: which certificates of other servers are trusted, where this
 * one is the TLS client (SSCN).
 *
 * Called by context.c while a client context is built.
 *
 * Trust is that of client certificates: the CAs of TLSCACertificateFile and
 * TLSCACertificatePath, without these the library's default ones; revocation
 * lists come with them.  On top of that the certificate must be made out to the
 * other server (struct ftps_conn_peer).  This is looked at during the
 * handshake, so that the other server learns of a refusal by a fatal alert and
 * cannot take it for the end of an empty file.
 *
 * DIAGNOSTICS: a refusal is a line in TLSLog that begins with "certificate of
 * the other server refused".
 */
#ifndef FTPS_TRUST_VERIFY_SERVER_H
#define FTPS_TRUST_VERIFY_SERVER_H

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

/* The store that is shared with `server`, this server's context, or NULL. */
X509_STORE *ftps_verify_server_get0_trust(const struct ftps_settings *settings,
    SSL_CTX *server);

/* `server` is the context whose trust store is shared. */
int ftps_verify_server_prepare(SSL_CTX *ctx,
    const struct ftps_settings *settings, SSL_CTX *server,
    struct ftps_error *err);

/* Before the handshake of a connection that the other server made: its
 * certificate is verified, also with TLSVerifyServer off, where there is no CA,
 * so that only a fingerprint will do.
 */
void ftps_verify_server_demand(SSL *ssl);

#endif /* FTPS_TRUST_VERIFY_SERVER_H */
