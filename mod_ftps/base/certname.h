/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * certname.h: checks whether a certificate has a name.
 *
 * The certificate has been verified.  Values are compared with the length that
 * the certificate gives them, so a NUL hides nothing, and a value with a
 * control character matches nobody.
 *
 * If a certificate has several names of one kind, one match is enough.
 *
 * DIAGNOSTICS: none; a value that cannot be read does not match.  OpenSSL's
 * error queue is left as it was.
 *
 * Source: RFC 5280, sections 4.1.2.6 and 4.2.1.6.
 */
#ifndef FTPS_BASE_CERTNAME_H
#define FTPS_BASE_CERTNAME_H

#include <stdbool.h>

#include <openssl/x509.h>

enum ftps_certname {
  FTPS_CERTNAME_NONE,        /* matches nobody */
  FTPS_CERTNAME_COMMON,      /* CN of the subject */
  FTPS_CERTNAME_COMMON_HOST, /* the same as a host; ASCII case ignored */
  FTPS_CERTNAME_SUBJECT,     /* the whole subject, as in ftps_text_name() */
  FTPS_CERTNAME_DNS,         /* subjectAltName dNSName; ASCII case ignored */
  FTPS_CERTNAME_EMAIL,       /* subjectAltName rfc822Name */
  FTPS_CERTNAME_URI,         /* subjectAltName URI */
  FTPS_CERTNAME_UPN,         /* subjectAltName otherName, Microsoft's UPN */
  FTPS_CERTNAME_FINGERPRINT  /* SHA-256, lower-case hexadecimal */
};

bool ftps_certname_is(const X509 *cert, enum ftps_certname kind,
    const char *value);

/* Compares the value of an extension: its character string, or otherwise its
 * bytes.
 */
bool ftps_certname_extension_is(const X509 *cert, const char *oid,
    const char *value);

/* True for dotted decimal numbers that OpenSSL accepts as an object identifier.
 */
bool ftps_certname_is_oid(const char *text);

#endif /* FTPS_BASE_CERTNAME_H */
