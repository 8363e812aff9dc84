/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * envelope.h: any bytes, in the form of a TLS session or an OCSP response.
 *
 * Pure.  The caller owns the objects; borrowed bytes live as long as they do.
 */
#ifndef FTPS_CACHE_ENVELOPE_H
#define FTPS_CACHE_ENVELOPE_H

#include <stddef.h>
#include <time.h>

#include <openssl/ocsp.h>
#include <openssl/ssl.h>

/* Returns NULL if there is no memory, or if the bytes are too long. */
SSL_SESSION *ftps_envelope_session(const unsigned char *id, size_t id_len,
    const void *bytes, size_t len, time_t expires);
OCSP_RESPONSE *ftps_envelope_response(const void *bytes, size_t len);

/* Copies the content; *len: size of the buffer in, size of the content out.
 * Returns -1 if it is not such an envelope, or if the buffer is too small.
 */
int ftps_envelope_open_session(SSL_SESSION *session, void *bytes, size_t *len);
int ftps_envelope_open_response(OCSP_RESPONSE *response, void *bytes,
    size_t *len);

#endif /* FTPS_CACHE_ENVELOPE_H */
