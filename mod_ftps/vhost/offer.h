/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * offer.h: which TLS versions, and which groups for the key exchange, a context
 * accepts.
 *
 * TLSProtocol counts before openssl.cnf.  Without it, stricter settings of the
 * system (MinProtocol above TLS 1.2, a version removed by Protocol) count.
 *
 * Without TLSECDHCurve the groups are X25519MLKEM768, X25519, P-256 and P-384,
 * if the library has them and openssl.cnf allows them.  Every client supports
 * one of them.  The others, above all finite fields (TLS 1.3), cost the server
 * up to a hundred times as much CPU, before anybody has logged in.
 */
#ifndef FTPS_VHOST_OFFER_H
#define FTPS_VHOST_OFFER_H

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

int ftps_offer_set_protocols(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err);
int ftps_offer_set_groups(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err);

/* The connection gets the versions of `to`. */
int ftps_offer_move_protocols(SSL *ssl, SSL_CTX *to);

/* The connection had the groups of `from`, and gets those of `settings`. */
int ftps_offer_move_groups(SSL *ssl, const struct ftps_settings *from,
    const struct ftps_settings *settings);

#endif /* FTPS_VHOST_OFFER_H */
