/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * seal.h: seals values, so that others who can read and change them learn and
 * forge nothing: AES-256-GCM, bound to the use of each value.
 *
 * Pure; the time is an argument.
 *
 * A sealed value is a version byte, the time when it expires (8 bytes, seconds
 * since the epoch, big endian), a salt of 32 random bytes, the encrypted value,
 * and the tag of 16 bytes.  Each value has a key of its own: HMAC-SHA256 of the
 * use, the host, the name and the salt, with the secret as key.  So no two
 * values share key and nonce, also if many hosts seal with one secret, and a
 * value opens only in its own place.
 */
#ifndef FTPS_CACHE_SEAL_H
#define FTPS_CACHE_SEAL_H

#include <stddef.h>
#include <time.h>

#define FTPS_SEAL_SECRET_SIZE 32U
#define FTPS_SEAL_SECRETS_MAX 4U
#define FTPS_SEAL_HOST_SIZE   32U
#define FTPS_SEAL_OVERHEAD    57U

/* The place of a value.  All members are borrowed. */
struct ftps_seal {
  const unsigned char *secrets; /* `count` of FTPS_SEAL_SECRET_SIZE bytes; the
                                 * first one seals, all of them open */
  size_t count;
  char use;
  const unsigned char *host; /* FTPS_SEAL_HOST_SIZE bytes */
  const void *name;
  size_t name_len;
};

/* Writes `len` + FTPS_SEAL_OVERHEAD bytes to `out`.  Returns how many, or 0 if
 * the library failed.
 */
size_t ftps_seal_close(const struct ftps_seal *seal, const unsigned char *value,
    size_t len, time_t expires, unsigned char *out);

/* Writes at most `len` - FTPS_SEAL_OVERHEAD bytes to `out`.  Returns how many,
 * or 0 if the value was sealed for another place, was changed, has another
 * version, or has expired at `now`; then `out` has nothing of it.
 */
size_t ftps_seal_open(const struct ftps_seal *seal, const unsigned char *sealed,
    size_t len, time_t now, unsigned char *out);

#endif /* FTPS_CACHE_SEAL_H */
