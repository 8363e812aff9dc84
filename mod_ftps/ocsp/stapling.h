/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * stapling.h: OCSP responses about our own certificates, for clients that ask
 * (RFC 6066, section 8).
 *
 * Sessions staple what was there when they were forked, and
 * ask nobody.  The daemon fetches, one response for each certificate, however
 * many virtual hosts have it, and goes on meanwhile (ocsp.h): well before the
 * old response ends, later and later after failures, at once after a restart.
 * With a TLSStaplingCache a response that another daemon has fetched will do.
 *
 * A response is stapled while it is valid, and only when it says "good".  In
 * its place clients may get one that says "tryLater": where the responder has
 * been asked in vain, unless TLSStaplingOptions NoFakeTryLater, and always
 * where the certificate promises a response (RFC 7633).
 *
 * DIAGNOSTICS: lines in the system log, once for each change of what is known
 * about a certificate.
 */
#ifndef FTPS_OCSP_STAPLING_H
#define FTPS_OCSP_STAPLING_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

struct ftps_daemon;
struct ftps_keypair;

/* While a context is built: responses for its certificates.  A certificate
 * without a responder is told of, and is no fault.
 */
int ftps_stapling_attach(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_keypair *const *pairs, struct ftps_error *err);

/* In the daemon, now and then: takes what has come and asks for what is due.
 * True: something is on its way, or was left for want of time, so call again
 * in a second.  Where this process does not live on, `may_ask` is false, and
 * only the cache is looked at.
 */
bool ftps_stapling_renew(struct ftps_daemon *daemon, bool may_ask);

#endif /* FTPS_OCSP_STAPLING_H */
