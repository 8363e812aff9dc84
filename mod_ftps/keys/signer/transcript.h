/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * transcript.h: recognises the texts that a TLS server signs in a handshake.
 *
 * The process that has the private keys (signer.c) signs nothing else, for any
 * request of a session.  Pure functions of bytes: no state, no allocation.
 *
 * Two forms are known.  TLS 1.3 (RFC 8446, 4.4.3): 64 spaces, the text of a
 * server's CertificateVerify, a zero byte and a hash.  TLS 1.2 and older (RFC
 * 8422, 5.4; RFC 5246, 7.4.3): both random values and the parameters of an
 * ephemeral key exchange.  No text has both forms.
 */
#ifndef FTPS_KEYS_SIGNER_TRANSCRIPT_H
#define FTPS_KEYS_SIGNER_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Both random values and three numbers of DH with 8192 bits. */
#define FTPS_TRANSCRIPT_MAX (64 + 3 * (2 + 1024))

enum ftps_transcript {
  FTPS_TRANSCRIPT_NONE,
  FTPS_TRANSCRIPT_TLS12, /* or older */
  FTPS_TRANSCRIPT_TLS13
};

enum ftps_transcript ftps_transcript_judge(const unsigned char *text,
    size_t len);

/* A way to sign, by its number in TLS.  Names are those of OpenSSL. */
struct ftps_scheme {
  uint16_t code;
  const char *type;   /* of the key */
  const char *digest; /* NULL: none */
  bool is_pss;
  bool is_old; /* not for TLS 1.3 */
};

/* Returns NULL if it is unknown. */
const struct ftps_scheme *ftps_scheme_find(uint16_t code);

/* The one for a key of this type; `digest` may be NULL or empty.  Returns NULL
 * if there is none.
 */
const struct ftps_scheme *ftps_scheme_choose(const char *type,
    const char *digest, bool is_pss);

/* True if this text may be signed in this way. */
bool ftps_scheme_fits(const struct ftps_scheme *scheme,
    const unsigned char *text, size_t len);

#endif /* FTPS_KEYS_SIGNER_TRANSCRIPT_H */
