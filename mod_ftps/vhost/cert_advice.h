/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * cert_advice.h: what a certificate, its chain or a revocation list will do to
 * the clients of tomorrow.
 *
 * Pure: nothing is read, and the time comes in as an argument.
 * Called by vhost/advice.c.  None of this is a fault: the daemon works, and
 * somebody will be sorry later.
 *
 * DIAGNOSTICS: `report` gets one line for each thing, with directive, file,
 * what is wrong and what to do; the severity is always FTPS_SEVERITY_NOTICE.
 * Names out of certificates are escaped.  OpenSSL's error queue is left as it
 * was found.
 */
#ifndef FTPS_VHOST_CERT_ADVICE_H
#define FTPS_VHOST_CERT_ADVICE_H

#include <stdbool.h>
#include <time.h>

#include <openssl/x509.h>

#include "base/error.h"

struct ftps_settings;

/* Where the thing was named, and who is told.  Strings are borrowed. */
struct ftps_advice {
  const char *directive;
  const char *path;
  time_t now;
  ftps_report report;
};

/* Expired, not valid yet, or near its end: 30 days, or the last quarter of a
 * short life.  `chain` is what goes with it, in any order; NULL is allowed.
 */
void ftps_cert_advice_dates(const struct ftps_advice *about, X509 *leaf,
    STACK_OF(X509) * chain);

/* Is it made out to ServerName and ServerAlias, where these are names of hosts;
 * and has it any name that clients look at?
 */
void ftps_cert_advice_names(const struct ftps_advice *about, X509 *leaf,
    const struct ftps_settings *settings);

/* Does `chain` stand in the order leaf, issuer, issuer's issuer? */
void ftps_cert_advice_order(const struct ftps_advice *about, X509 *leaf,
    STACK_OF(X509) * chain);

/* Is the issuer neither in `chain` nor in `known` (NULL: nothing is)?  False
 * for what is its own issuer.
 */
bool ftps_cert_advice_lacks_issuer(X509 *leaf, STACK_OF(X509) * chain,
    X509_STORE *known);

/* The line for it. */
void ftps_cert_advice_incomplete(const struct ftps_advice *about, X509 *leaf);

/* A revocation list that has expired, or is near its end: 7 days, or the last
 * quarter of a short life.
 */
void ftps_cert_advice_list(const struct ftps_advice *about,
    const X509_CRL *list);

/* A CA without a list, where others have one. */
void ftps_advice_without_list(const struct ftps_advice *about,
    const X509 *cert);

#endif /* FTPS_VHOST_CERT_ADVICE_H */
