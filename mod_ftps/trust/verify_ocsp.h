/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * verify_ocsp.h: TLSVerifyOrder: is a client's certificate revoked, as the OCSP
 * responders say that it and its CAs name.
 *
 * Called by verify_client.c in a handshake, when the library has
 * verified the whole chain, so that only trusted CAs say whom we ask.  The
 * session waits, TLSStaplingTimeout at most for all of the chain.
 *
 * Fails closed: revoked, not known, no answer in time, no responder named by
 * the client's own certificate are refused.  Under "ocsp crl" a revocation list
 * of the CA, which the library has looked at already, stands in for an answer
 * that is not there; under "crl ocsp" nobody is asked about what a list covers.
 * A list that names the certificate refuses it in both orders.
 *
 * Answers are kept in the session, since a control handshake may verify twice,
 * and in the TLSStaplingCache while they are valid.  Inside of a chroot
 * nobody is asked: the resolver would read files that the user may have
 * written.
 *
 * Data connections are let through: their certificate must be that of the
 * control connection (conn.h), which has been judged, and they must neither
 * wait for a cache or a responder nor fail because an answer ran out meanwhile.
 *
 * DIAGNOSTICS: a line in TLSLog for each answer, and for what is missing.
 *
 * Source: contract section 1, issue 3 item 4, RFC 6960.
 */
#ifndef FTPS_TRUST_VERIFY_OCSP_H
#define FTPS_TRUST_VERIFY_OCSP_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

int ftps_verify_ocsp_attach(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err);

/* X509_V_OK, or why the chain is refused; then the certificate concerned is the
 * current one of `store_ctx`.  Without `may_ask` only answers that are kept
 * count.
 */
int ftps_verify_ocsp_chain(X509_STORE_CTX *store_ctx, SSL *ssl, bool may_ask);

#endif /* FTPS_TRUST_VERIFY_OCSP_H */
