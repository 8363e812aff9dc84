/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * seal.h: values that others may read, change and mix up without learning or
 * forging anything: AES-256-GCM, bound to what they are for.
 *
 * Pure, the time is an argument.  Called by cache.c.
 *
 * A sealed value is a version byte, the time of its end (8 bytes, seconds since
 * the epoch, big endian), a salt of 32 random bytes, the encrypted value, the
 * tag of 16 bytes.  Each value has a key of its own: HMAC-SHA256 of the use,
 * the host, the name and the salt, with the secret as key.  So no two values
 * share key and nonce, however many hosts seal with one secret, and a value
 * opens in its own place only.
 */
#ifndef FTPS_CACHE_SEAL_H
#define FTPS_CACHE_SEAL_H

#include <stddef.h>
#include <time.h>

#define FTPS_SEAL_SECRET_SIZE 32U
#define FTPS_SEAL_SECRETS_MAX 4U
#define FTPS_SEAL_HOST_SIZE   32U
#define FTPS_SEAL_OVERHEAD    57U

/* Where a value belongs.  All is borrowed. */
struct ftps_seal {
  const unsigned char *secrets; /* `count` of FTPS_SEAL_SECRET_SIZE bytes; the
                                 * first one seals, all of them open */
  size_t count;
  char use;
  const unsigned char *host; /* FTPS_SEAL_HOST_SIZE bytes */
  const void *name;
  size_t name_len;
};

/* Writes `len` + FTPS_SEAL_OVERHEAD bytes to `out` and returns how many; 0: the
 * library failed.
 */
size_t ftps_seal_close(const struct ftps_seal *seal, const unsigned char *value,
    size_t len, time_t expires, unsigned char *out);

/* Writes at most `len` - FTPS_SEAL_OVERHEAD bytes to `out` and returns how
 * many; 0: not sealed for this place, changed, of another version, or its time
 * is over at `now`; `out` holds nothing of it then.
 */
size_t ftps_seal_open(const struct ftps_seal *seal, const unsigned char *sealed,
    size_t len, time_t now, unsigned char *out);

#endif /* FTPS_CACHE_SEAL_H */
