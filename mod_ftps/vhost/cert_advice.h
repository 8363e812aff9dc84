/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * cert_advice.h: advice about a certificate, its chain or a revocation list,
 * about faults that clients will see later.
 *
 * Pure: it reads nothing, and the time is an argument.  None of this is a fault
 * now: the daemon works.
 *
 * DIAGNOSTICS: `report` gets one line for each thing, with directive, file,
 * what is wrong and what to do; the severity is always FTPS_SEVERITY_NOTICE.
 * Names from certificates are escaped.  OpenSSL's error queue is left as it
 * was.
 */
#ifndef FTPS_VHOST_CERT_ADVICE_H
#define FTPS_VHOST_CERT_ADVICE_H

#include <stdbool.h>
#include <time.h>

#include <openssl/x509.h>

#include "base/error.h"

struct ftps_settings;

/* The directive and file, and who gets the advice.  Strings are borrowed. */
struct ftps_advice {
  const char *directive;
  const char *path;
  time_t now;
  ftps_report report;
};

/* Expired, not valid yet, or near its end: 30 days, or three tenths of a short
 * life; the last tenth, and the last day, have remedies of their own. `chain`
 * has the other certificates, in any order, and may be NULL.
 */
void ftps_cert_advice_dates(const struct ftps_advice *about, X509 *leaf,
    STACK_OF(X509) * chain);

/* Whether it has ServerName and ServerAlias, if these are names of hosts, and
 * whether it has any name that clients check.
 */
void ftps_cert_advice_names(const struct ftps_advice *about, X509 *leaf,
    const struct ftps_settings *settings);

/* Whether a signature with its key takes so long that handshakes are dear. */
void ftps_cert_advice_cost(const struct ftps_advice *about, X509 *leaf);

/* Whether `chain` is in the order leaf, issuer, issuer's issuer. */
void ftps_cert_advice_order(const struct ftps_advice *about, X509 *leaf,
    STACK_OF(X509) * chain);

/* True if the issuer is neither in `chain` nor in `known` (NULL: empty).  False
 * for a certificate that is its own issuer.
 */
bool ftps_cert_advice_lacks_issuer(X509 *leaf, STACK_OF(X509) * chain,
    X509_STORE *known);

/* The line for that case. */
void ftps_cert_advice_incomplete(const struct ftps_advice *about, X509 *leaf);

/* A revocation list that has expired, or is near its end: 7 days, or three
 * tenths of a short life.
 */
void ftps_cert_advice_list(const struct ftps_advice *about,
    const X509_CRL *list);

/* A CA without a list, if other CAs have one.  `is_refused`: its clients are
 * refused (ftps_crl_wants_all()).
 */
void ftps_advice_without_list(const struct ftps_advice *about, const X509 *cert,
    bool is_refused);

#endif /* FTPS_VHOST_CERT_ADVICE_H */
