/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * print.h: the fingerprint of a ClientHello, by which programs and libraries
 * can be told apart, in the form of JA4 (TCP).
 *
 * "t13d1516h2_8daaf6152771_b186095e22b6": TCP; the highest version; d if a
 * server name was sent, else i; how many ciphers and extensions; the first and
 * the last character of the first ALPN protocol; then two hashes, of the sorted
 * ciphers, and of the sorted extensions with the signature algorithms.
 *
 * Anybody may have sent the ClientHello.  At most FTPS_PRINT_MAX ciphers,
 * extensions and algorithms count, so that a long list costs no more.
 *
 * Source: FoxIO, "JA4: TLS client fingerprinting" (BSD 3-clause).
 */
#ifndef FTPS_COUNTS_PRINT_H
#define FTPS_COUNTS_PRINT_H

#include <stdint.h>

#include <openssl/ssl.h>

#define FTPS_PRINT_MAX  128
#define FTPS_PRINT_SIZE 37 /* with its NUL */

/* As numbers, for tables in shared memory; all zero: there is none. */
struct ftps_print {
  uint64_t words[3];
};

/* In the callback for a ClientHello. */
void ftps_print_read(SSL *ssl, struct ftps_print *print_out);

/* Writes the text.  Any numbers give a text of letters, digits and "_". */
void ftps_print_write(const struct ftps_print *print, char *text);

#endif /* FTPS_COUNTS_PRINT_H */
