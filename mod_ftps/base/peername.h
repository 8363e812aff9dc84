/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * peername.h: names of other servers in TLSTransferServers: a host name, an IP
 * address, or the SHA-256 fingerprint of a certificate.
 *
 * The setter of the directive reads the words.  The verification of other
 * servers compares them with certificates.  Pure.
 *
 * DIAGNOSTICS: none.  OpenSSL's error queue is left as it was, because a
 * handshake may be going on.
 */
#ifndef FTPS_BASE_PEERNAME_H
#define FTPS_BASE_PEERNAME_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

/* Room for every name, with its NUL. */
#define FTPS_PEERNAME_SIZE 256

/* Room for the text of a fingerprint, with its NUL. */
#define FTPS_PEERNAME_FINGERPRINT_SIZE (7 + 64 + 1)

/* Writes the name in its one form: fingerprints without colons, and small
 * letters.  Returns 0, or -1 if `word` is none of the three.
 */
int ftps_peername_read(const char *word, char name[FTPS_PEERNAME_SIZE]);

bool ftps_peername_is_fingerprint(const char *name);

/* True if the certificate has this name.  False for fingerprints. */
bool ftps_peername_is_in(const char *name, X509 *cert);

/* "sha256:" and the digits; empty if the library fails. */
void ftps_peername_describe(X509 *cert,
    char text[FTPS_PEERNAME_FINGERPRINT_SIZE]);

#endif /* FTPS_BASE_PEERNAME_H */
