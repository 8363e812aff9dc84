/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * cache.h: what is stored outside this process: TLS sessions, OCSP responses,
 * records of the shared ring of ticket keys.
 *
 * This is the only interface to the open caches (cache/caches.h).
 *
 * Values are sealed (cache/seal.h) with the key of the virtual host, or, for
 * responses and ring records, with the daemon's key (cache/sealkey.h).  A value
 * that does not open, belongs to another use, host or key, or has expired,
 * counts as missing.
 *
 * No call takes longer than FTPS_CACHE_DEADLINE_MS, unless a provider breaks
 * its promise.  After a call without an answer, or with a far too late one, no
 * process calls that cache for FTPS_HEALTH_BACK_OFF_MS; then one of them tries.
 * Callers go on as if there were no cache.
 *
 * Times are seconds since the epoch.  No function fails in a way on which a
 * caller must act.
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

/* Larger values are not stored. */
#define FTPS_CACHE_VALUE_MAX 16384U

struct ftps_daemon;

struct ftps_cache_value {
  const unsigned char *bytes;
  size_t len;
  time_t expires;
};

/* Sessions of the control connections of one virtual host, by its context.
 * `get` returns the size of the session, or 0 if there is none.
 */
void ftps_cache_put_session(SSL_CTX *ctx, const unsigned char *id,
    size_t id_len, const struct ftps_cache_value *value);
size_t ftps_cache_get_session(SSL_CTX *ctx, const unsigned char *id,
    size_t id_len, unsigned char *value, size_t room);
void ftps_cache_del_session(SSL_CTX *ctx, const unsigned char *id,
    size_t id_len);

/* OCSP responses, as DER, by the SHA-256 fingerprint of the certificate in
 * hexadecimal digits. `get` returns the size of the response, or 0 if there is
 * none.
 */
void ftps_cache_put_response(struct ftps_daemon *daemon,
    const char *fingerprint, const unsigned char *der, size_t len,
    time_t expires);
size_t ftps_cache_get_response(struct ftps_daemon *daemon,
    const char *fingerprint, unsigned char *der, size_t room);

/* Records of the shared ring of ticket keys, for all hosts with the same
 * secret. `add` stores only if there is no record of that name, and returns
 * MISS if there is one. *len: size of the buffer in, size of the record out.
 * Both return UNAVAILABLE if there is no cache, in a session that has dropped
 * its keys, and if the secret does not come from TLSCacheSecretFile: if the key
 * of a certificate were the only secret, it would open all tickets that were
 * ever recorded.
 */
enum ftps_cache_result ftps_cache_add_key(struct ftps_daemon *daemon,
    const char *name, const unsigned char *key, size_t len, time_t expires);
enum ftps_cache_result ftps_cache_get_key(struct ftps_daemon *daemon,
    const char *name, unsigned char *key, size_t *len);

/* The use of a key that `visit` of iterate gets. */
enum ftps_cache_use {
  FTPS_CACHE_USE_OTHER, /* not ours */
  FTPS_CACHE_USE_SESSION,
  FTPS_CACHE_USE_RESPONSE,
  FTPS_CACHE_USE_KEY
};

enum ftps_cache_use ftps_cache_use_of(const void *key, size_t key_len);

#endif /* FTPS_CACHE_CACHE_H */
