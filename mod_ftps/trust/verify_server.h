/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * verify_server.h: which certificates of other servers are trusted, if this
 * server is the TLS client (SSCN).
 *
 * Used while a client context is built.
 *
 * The trusted CAs are those for client certificates: TLSCACertificateFile and
 * TLSCACertificatePath, without these the library's default CAs; revocation
 * lists come with them.  The certificate must also have the name of the other
 * server (struct ftps_conn_peer).  This is checked during the handshake, so
 * that the other server gets a fatal alert, and cannot take the refusal for the
 * end of an empty file.
 *
 * DIAGNOSTICS: a refusal is a line in TLSLog that begins with "certificate of
 * the other server refused".
 */
#ifndef FTPS_TRUST_VERIFY_SERVER_H
#define FTPS_TRUST_VERIFY_SERVER_H

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

/* Returns the store that is shared with `server`, this server's context, or
 * NULL.
 */
X509_STORE *ftps_verify_server_get0_trust(const struct ftps_settings *settings,
    SSL_CTX *server);

/* `server` is the context whose trust store is shared. */
int ftps_verify_server_prepare(SSL_CTX *ctx,
    const struct ftps_settings *settings, SSL_CTX *server,
    struct ftps_error *err);

/* Before the handshake of a connection that the other server has made: its
 * certificate is verified, also with TLSVerifyServer off.  Then there is no CA,
 * so only a fingerprint can match.
 */
void ftps_verify_server_demand(SSL *ssl);

#endif /* FTPS_TRUST_VERIFY_SERVER_H */
