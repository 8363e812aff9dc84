/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * crl.h: certificate revocation lists of a context.
 *
 * Used while a context is built, as root.  All lists are read then, also those
 * of TLSCARevocationPath, so a session in a chroot needs no file.  The library
 * decides whether a certificate is revoked, along the whole chain.
 *
 * A CA without any list is skipped, so that a server with several CAs can have
 * lists of some of them only.  But clients of such a CA are refused where
 * mod_tls refuses them, with newer releases of ProFTPD.  A list that exists
 * must be usable: signed by the CA, in force, and of the right scope.
 *
 * A delta list has only what was revoked since a complete one.  The library
 * would take it for a complete one, and admit clients that the real one has
 * revoked.  So the library gets complete lists only, and what a delta list has
 * revoked counts besides.
 *
 * DIAGNOSTICS: as ftps_context_build(): returns -1 and an error with directive,
 * path, fault and remedy.
 *
 * Source: doc/contract.md: TLSCARevocationFile; RFC 5280, section 6.3.
 */
#ifndef FTPS_TRUST_CRL_H
#define FTPS_TRUST_CRL_H

#include <stdbool.h>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "base/settings.h"

int ftps_crl_load(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err);

/* True if there is a list of the CA that issued `cert`. */
bool ftps_crl_has_list(X509_STORE_CTX *store_ctx, const X509 *cert);

static inline bool ftps_crl_is_delta(const X509_CRL *list) {
  return X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) >= 0;
}

/* In a verify callback: true if a delta list, signed by the CA of the current
 * certificate, has revoked it.
 */
bool ftps_crl_is_revoked_since(X509_STORE_CTX *store_ctx);

/* True if clients of a CA without a list are refused: the host is ProFTPD
 * 1.3.9a or later, and OCSP is not asked (TLSVerifyOrder).
 */
bool ftps_crl_wants_all(const SSL_CTX *ctx);

/* In a verify callback: true if the search for a list failed because the CA has
 * none.
 */
bool ftps_crl_has_no_list(X509_STORE_CTX *store_ctx);

#endif /* FTPS_TRUST_CRL_H */
