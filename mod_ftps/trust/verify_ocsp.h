/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * verify_ocsp.h: TLSVerifyOrder: finds out from OCSP responders whether a
 * client's certificate, or a CA above it, is revoked.
 *
 * Called in a handshake, when the library has verified the whole chain, so that
 * only trusted CAs decide to whom we send requests.  The session waits, for
 * TLSStaplingTimeout at most for the whole chain.
 *
 * It fails closed: the client is refused if its certificate is revoked,
 * unknown, or names no responder, or if there is no answer in time.  With "ocsp
 * crl" a revocation list of the CA, which the library has checked already,
 * replaces a missing answer.  With "crl ocsp" no request is sent for
 * certificates of a CA with a list.  A list that names the certificate refuses
 * it in both orders.
 *
 * Answers are kept in the session, because a control handshake may verify
 * twice, and in the TLSStaplingCache while they are valid.  In a chroot no
 * request is sent, because the resolver would read files that the user may have
 * written.
 *
 * Data connections are not checked: their certificate must be that of the
 * control connection (conn.h), which was checked, and they must neither wait
 * for a cache or a responder nor fail because an answer has expired meanwhile.
 *
 * DIAGNOSTICS: a line in TLSLog for each answer, and for a missing one.
 *
 * Source: doc/contract.md: TLSVerifyOrder; RFC 6960.
 */
#ifndef FTPS_TRUST_VERIFY_OCSP_H
#define FTPS_TRUST_VERIFY_OCSP_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

int ftps_verify_ocsp_attach(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err);

/* Returns X509_V_OK, or why the chain is refused; then the current certificate
 * of `store_ctx` is the one that is refused.  Without `may_ask` only kept
 * answers count.
 */
int ftps_verify_ocsp_chain(X509_STORE_CTX *store_ctx, SSL *ssl, bool may_ask);

#endif /* FTPS_TRUST_VERIFY_OCSP_H */
