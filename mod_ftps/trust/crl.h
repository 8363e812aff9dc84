/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * crl.h: certificate revocation lists of a context.
 *
 * Called by verify_client.c while a context is built, with root.  All
 * lists are read then, those of TLSCARevocationPath too: a session that sits in
 * a chroot needs no file.  Whether a certificate is revoked is the library's
 * decision, along the whole chain.
 *
 * A CA of which there is no list at all is not asked about, so that a server
 * with several CAs can have lists of some; a list of a CA that is there must be
 * of use: signed by it, in force, and of the right scope.
 *
 * DIAGNOSTICS: as ftps_context_build(): -1 and an error with directive, path,
 * fault and remedy.
 *
 * Source: contract section 1, RFC 5280, section 6.3 (issue 3).
 */
#ifndef FTPS_TRUST_CRL_H
#define FTPS_TRUST_CRL_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

int ftps_crl_load(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err);

/* Is there a list of the CA that issued `cert`? */
bool ftps_crl_has_list(X509_STORE_CTX *store_ctx, const X509 *cert);

/* In a verify callback: is what failed the search for a list, of a CA of which
 * there is none?
 */
bool ftps_crl_has_no_list(X509_STORE_CTX *store_ctx);

#endif /* FTPS_TRUST_CRL_H */
