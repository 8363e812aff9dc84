/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * dh.h: the Diffie-Hellman parameters of DHE ciphers (TLS 1.2 and older).
 *
 * Used when the certificates are in the context, because the length of the
 * prime depends on their keys.
 *
 * Without TLSDHParamFile it is the group of RFC 7919 with 2048 bits, or with
 * 3072 at security level 3, for every certificate: longer ones cost too much
 * CPU before the login.  With it, the shortest prime of all files that is not
 * shorter than the certificate's key is used; if all are shorter, the longest.
 * Primes below FTPS_DH_MIN_BITS are used only with TLSOptions AllowWeakDH.
 * (OpenSSL 3 accepts one set of parameters per context; it could choose between
 * several during the handshake only through calls that are deprecated now.)
 *
 * DIAGNOSTICS: a file that cannot be read, has no parameters, or has parameters
 * that the library's security level forbids, is a fault.  A file with weak
 * parameters only is reported to the administrator and not used.
 *
 * Source: doc/contract.md: TLSDHParamFile.
 */
#ifndef FTPS_KEYS_DH_H
#define FTPS_KEYS_DH_H

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

#define FTPS_DH_MIN_BITS 2048

/* Needs root for the files. */
int ftps_dh_set(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err);

#endif /* FTPS_KEYS_DH_H */
