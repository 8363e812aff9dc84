/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keytype.h: the words of each kind of certificate directive.
 *
 * For messages, and for the arguments of TLSPassPhraseProvider.  The texts are
 * constants.
 *
 * Source: doc/contract.md: TLSRSACertificateFile.
 */
#ifndef FTPS_KEYS_KEYTYPE_H
#define FTPS_KEYS_KEYTYPE_H

#include "base/settings.h"

/* "RSA", "EC", "DSA", "PKCS12".  The type of a TLSCertificate is not known
 * before the file has been read, and is "EC" until then.
 */
const char *ftps_keytype_name(enum ftps_keytype type);

/* The directives that name the certificate and the key; both are the same if
 * one file has both.
 */
const char *ftps_keytype_certificate_directive(enum ftps_keytype type);
const char *ftps_keytype_key_directive(enum ftps_keytype type);

#endif /* FTPS_KEYS_KEYTYPE_H */
