/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * cache.h: what is kept outside this process: TLS sessions, OCSP responses,
 * records of the shared ring of ticket keys.
 *
 * This is the one API over the caches that are open (cache/caches.h).
 *
 * Values are sealed (cache/seal.h) with the key of the virtual host, or, for
 * responses and ring records, with the daemon's (cache/sealkey.h).  Whatever
 * does not open, is not for this use, host and key, or has expired, is not
 * there.
 *
 * No call takes longer than FTPS_CACHE_DEADLINE_MS, but for a provider that
 * breaks its promise.  After a call that was not answered, or far too late, no
 * process asks that cache for FTPS_HEALTH_BACK_OFF_MS; then one of them tries.
 * Callers go on as if there were no cache.
 *
 * Times are seconds since the epoch.  None of the functions fails in a way that
 * a caller must act on.
 *
 * Source: issue 4.
 */
#ifndef FTPS_CACHE_CACHE_H
#define FTPS_CACHE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "cache/caches.h"

#define FTPS_CACHE_DEADLINE_MS 250

/* Larger values are not kept. */
#define FTPS_CACHE_VALUE_MAX 16384U

struct ftps_daemon;

struct ftps_cache_value {
  const unsigned char *bytes;
  size_t len;
  time_t expires;
};

/* Sessions of the control connections of one virtual host, by its context.
 * `get` returns the size of what it found, 0: nothing.
 */
void ftps_cache_put_session(SSL_CTX *ctx, const unsigned char *id,
    size_t id_len, const struct ftps_cache_value *value);
size_t ftps_cache_get_session(SSL_CTX *ctx, const unsigned char *id,
    size_t id_len, unsigned char *value, size_t room);
void ftps_cache_del_session(SSL_CTX *ctx, const unsigned char *id,
    size_t id_len);

/* OCSP responses, as DER, by the SHA-256 fingerprint of the certificate in
 * hexadecimal digits.  `get` returns the size of what it found, 0: nothing.
 */
void ftps_cache_put_response(struct ftps_daemon *daemon,
    const char *fingerprint, const unsigned char *der, size_t len,
    time_t expires);
size_t ftps_cache_get_response(struct ftps_daemon *daemon,
    const char *fingerprint, unsigned char *der, size_t room);

/* Records of the shared ring of ticket keys, of the hosts that have the same
 * secret.  `add` stores only where there is none of that name: MISS says that
 * there is one already.  *len: room in, size out.  UNAVAILABLE also where there
 * is no cache, in sessions that have dropped their keys, and where the secret
 * is not from TLSCacheSecretFile: with the key of a certificate as the only
 * secret, that key would open all tickets that were ever recorded.
 */
enum ftps_cache_result ftps_cache_add_key(struct ftps_daemon *daemon,
    const char *name, const unsigned char *key, size_t len, time_t expires);
enum ftps_cache_result ftps_cache_get_key(struct ftps_daemon *daemon,
    const char *name, unsigned char *key, size_t *len);

/* What is in a key that `visit` of iterate is given. */
enum ftps_cache_use {
  FTPS_CACHE_USE_OTHER, /* not ours */
  FTPS_CACHE_USE_SESSION,
  FTPS_CACHE_USE_RESPONSE,
  FTPS_CACHE_USE_KEY
};

enum ftps_cache_use ftps_cache_use_of(const void *key, size_t key_len);

#endif /* FTPS_CACHE_CACHE_H */
