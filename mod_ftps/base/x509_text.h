/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * x509_text.h: makes bytes and certificates of strangers safe as text in logs,
 * session notes, environment variables and events.
 *
 * Every function writes at most `size` bytes into the caller's memory, always
 * ends the text with a NUL if `size` is not 0, and returns the length of the
 * text.  A text that does not fit is cut, never inside a character or an
 * escape.  A value that does not exist is the empty text.
 *
 * The text is UTF-8 without control characters, without line and paragraph
 * separators, and without characters that change the direction of the text
 * after them.
 *
 * DIAGNOSTICS: none; OpenSSL's error queue is left as it was.
 */
#ifndef FTPS_BASE_X509_TEXT_H
#define FTPS_BASE_X509_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <openssl/x509.h>

/* Every byte of an unsafe character (see above) and of invalid UTF-8, and every
 * backslash, becomes \xHH, so that they differ from the text itself.
 */
size_t ftps_text_escape(const void *bytes, size_t len, char *out, size_t size);

/* A distinguished name on one line, "C = DE, O = Example, CN = host"; special
 * characters as in RFC 2253, with quotes.
 */
size_t ftps_text_name(const X509_NAME *name, char *out, size_t size);

/* The same, but the bytes of characters beyond ASCII become \HH, as in the
 * variables of mod_tls, with which scripts compare.
 */
size_t ftps_text_name_ascii(const X509_NAME *name, char *out, size_t size);

/* The value of one component, escaped.  If there are several, it is the last
 * one, which is the most specific.
 */
size_t ftps_text_name_part(const X509_NAME *name, int nid, char *out,
    size_t size);

/* The serial number in decimal digits; empty for a number of more than 20
 * bytes, which RFC 5280, section 4.1.2.2, forbids.
 */
size_t ftps_text_serial_decimal(const X509 *cert, char *out, size_t size);

/* "Nov 20 18:36:00 2030 GMT". */
size_t ftps_text_time(const ASN1_TIME *when, char *out, size_t size);

/* The seconds from `now` to `then`, or 0 for an invalid time. */
long ftps_text_until(const ASN1_TIME *then, time_t now);

/* "12 days" or, for less than two, "30 hours". */
void ftps_text_left(long seconds, char *out, size_t size);

/* True if so little is left that a renewal is late: less than three tenths of
 * the life, and less than `most`.  Those who renew in time do it when a third
 * is left.  All are seconds.
 */
bool ftps_text_is_late(long left, long life, long most);

/* `most` for certificates of servers: 30 days. */
#define FTPS_TEXT_LATE_MOST (30 * 86400L)

/* OpenSSL's long names: "sha256WithRSAEncryption", "id-ecPublicKey". */
size_t ftps_text_signature_type(const X509 *cert, char *out, size_t size);
size_t ftps_text_key_type(const X509 *cert, char *out, size_t size);

/* OpenSSL's short name of the kind of key, as in EVP_PKEY_get_base_id().  The
 * certificate must have a key that OpenSSL knows.
 */
const char *ftps_text_key_kind(const X509 *cert);

/* SHA-256 of the certificate, lower-case hexadecimal without separators. */
size_t ftps_text_fingerprint(const X509 *cert, char *out, size_t size);

/* The certificate as PEM, with line feeds, complete or not at all.  Returns its
 * length, also if it does not fit; then it writes the empty text.
 */
size_t ftps_text_pem(const X509 *cert, char *out, size_t size);

#endif /* FTPS_BASE_X509_TEXT_H */
