/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * envelope.h: any bytes, in the shape of a TLS session or an OCSP response.
 *
 * Pure.  Called by mod_tls_cache.c.  The objects are the
 * caller's, borrowed bytes live as long as they do.
 */
#ifndef FTPS_CACHE_ENVELOPE_H
#define FTPS_CACHE_ENVELOPE_H

#include <stddef.h>
#include <time.h>

#include <openssl/ocsp.h>
#include <openssl/ssl.h>

/* NULL: no memory, or too long. */
SSL_SESSION *ftps_envelope_session(const unsigned char *id, size_t id_len,
    const void *bytes, size_t len, time_t expires);
OCSP_RESPONSE *ftps_envelope_response(const void *bytes, size_t len);

/* Copies what is inside; *len: room in, size out.  -1: not such an envelope, or
 * no room.
 */
int ftps_envelope_open_session(SSL_SESSION *session, void *bytes, size_t *len);
int ftps_envelope_open_response(OCSP_RESPONSE *response, void *bytes,
    size_t *len);

#endif /* FTPS_CACHE_ENVELOPE_H */
