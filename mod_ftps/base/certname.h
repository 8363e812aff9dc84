/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * certname.h: does a certificate have this name?
 *
 * Called by conn/peer.c and host/control/login.c, with a certificate that
 * has been verified.  Values are compared by the length that the certificate
 * gives them, so a NUL within one hides nothing, and a value with a control
 * character is nobody's name.
 *
 * Where a certificate has several names of one kind, any of them will do.
 *
 * DIAGNOSTICS: none; what cannot be read is not equal.  OpenSSL's error queue
 * is left as it was found.
 *
 * Source: RFC 5280, sections 4.1.2.6 and 4.2.1.6 (issue 3).
 */
#ifndef FTPS_BASE_CERTNAME_H
#define FTPS_BASE_CERTNAME_H

#include <stdbool.h>

#include <openssl/x509.h>

enum ftps_certname {
  FTPS_CERTNAME_NONE,        /* nobody's */
  FTPS_CERTNAME_COMMON,      /* CN of the subject */
  FTPS_CERTNAME_COMMON_HOST, /* the same as a host; ASCII case ignored */
  FTPS_CERTNAME_SUBJECT,     /* all of the subject, as ftps_text_name() */
  FTPS_CERTNAME_DNS,         /* subjectAltName dNSName; ASCII case ignored */
  FTPS_CERTNAME_EMAIL,       /* subjectAltName rfc822Name */
  FTPS_CERTNAME_URI,         /* subjectAltName URI */
  FTPS_CERTNAME_UPN,         /* subjectAltName otherName, Microsoft's UPN */
  FTPS_CERTNAME_FINGERPRINT  /* SHA-256, lower-case hexadecimal */
};

bool ftps_certname_is(const X509 *cert, enum ftps_certname kind,
    const char *value);

/* The value of an extension: a character string, or else its bytes. */
bool ftps_certname_extension_is(const X509 *cert, const char *oid,
    const char *value);

/* Dotted decimal numbers that OpenSSL takes for an object identifier. */
bool ftps_certname_is_oid(const char *text);

#endif /* FTPS_BASE_CERTNAME_H */
