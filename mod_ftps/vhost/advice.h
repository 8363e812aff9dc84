/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * advice.h: what will bite later in the certificates, revocation lists and
 * ciphers of one virtual host that has been built.
 *
 * Called by vhost.c, in the daemon: at its start, under
 * "proftpd -t", at SIGHUP and once a day.  No file is opened but the CA
 * certificates of the system, where a certificate comes without its issuer.
 *
 * DIAGNOSTICS: see vhost/cert_advice.h.
 *
 * Source: issue 3, "proftpd -t as adviser".
 */
#ifndef FTPS_VHOST_ADVICE_H
#define FTPS_VHOST_ADVICE_H

#include <stdbool.h>
#include <time.h>

#include <openssl/ssl.h>

#include "base/error.h"

struct ftps_keypair;
struct ftps_settings;

/* `pairs` has FTPS_KEYTYPE_COUNT members, NULL for those that there are not. */
void ftps_advice(const struct ftps_settings *settings,
    struct ftps_keypair *const *pairs, SSL_CTX *ctx, time_t now,
    ftps_report report);

#endif /* FTPS_VHOST_ADVICE_H */
