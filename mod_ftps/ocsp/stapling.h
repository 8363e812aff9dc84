/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * stapling.h: OCSP responses for our own certificates, for clients that request
 * them (RFC 6066, section 8).
 *
 * Sessions staple what existed when they were forked, and send no requests.
 * The daemon fetches one response for each certificate, for any number of
 * virtual hosts, and goes on meanwhile (ask.h): well before the old response
 * expires, later and later after failures, at once after a reload.  With a
 * TLSStaplingCache it can use a response that another daemon has fetched.
 *
 * A response is stapled while it is valid, and only if it says "good".  Instead
 * of it clients may get one that says "tryLater": after a request without a
 * valid answer, unless TLSStaplingOptions NoFakeTryLater is set, and always if
 * the certificate promises a response (RFC 7633).
 *
 * DIAGNOSTICS: lines in the system log, one for each change of the status of a
 * certificate.
 */
#ifndef FTPS_OCSP_STAPLING_H
#define FTPS_OCSP_STAPLING_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

struct ftps_daemon;
struct ftps_keypair;

/* While a context is built: finds responses for its certificates.  A
 * certificate without a responder is logged, and is no fault.
 */
int ftps_stapling_attach(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_keypair *const *pairs, struct ftps_error *err);

/* In the daemon, now and then: takes results and sends the requests that are
 * due.  Returns true if a request is open, or if there was not enough time, so
 * call it again in a second.  If this process will not live on, `may_ask` is
 * false, and only the cache is used.
 */
bool ftps_stapling_renew(struct ftps_daemon *daemon, bool may_ask);

#endif /* FTPS_OCSP_STAPLING_H */
