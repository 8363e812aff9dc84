/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * advice.h: advice about the certificates, revocation lists and ciphers of one
 * virtual host that has been built.
 *
 * Used in the daemon: at its start, with "proftpd -t", at SIGHUP and every
 * six hours.  It opens no file except the CA certificates of the system, if a
 * certificate has no issuer with it.
 *
 * DIAGNOSTICS: see vhost/cert_advice.h.
 */
#ifndef FTPS_VHOST_ADVICE_H
#define FTPS_VHOST_ADVICE_H

#include <stdbool.h>
#include <time.h>

#include <openssl/ssl.h>

#include "base/error.h"

struct ftps_keypair;
struct ftps_settings;

/* `pairs` has FTPS_KEYTYPE_COUNT members; missing ones are NULL. */
void ftps_advice(const struct ftps_settings *settings,
    struct ftps_keypair *const *pairs, SSL_CTX *ctx, time_t now,
    ftps_report report);

#endif /* FTPS_VHOST_ADVICE_H */
