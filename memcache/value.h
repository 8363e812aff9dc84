/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * value.h: the header of a value in memcached.
 *
 *    0  4   "mFT1": ours, and this layout
 *    4  8   generation of the cache in which it was stored
 *   12  8   when it expires, seconds since the epoch
 *   20  4   length of the value
 *   24 ...  the value, sealed by mod_ftps
 *
 * Numbers are big endian, because the hosts of a cluster may differ.  Memcached
 * expires values by its own clock; only the time in the header counts.
 * Everybody who can write to memcached can write anything, so bytes that do not
 * have exactly this form are not a value.
 *
 * Pure.
 */
#ifndef FTPS_MEMCACHE_VALUE_H
#define FTPS_MEMCACHE_VALUE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define FTPS_VALUE_HEADER 24U

struct ftps_value {
  uint64_t generation;
  time_t expires;
  const unsigned char *data; /* decode: inside the given bytes */
  size_t len;
};

/* Writes FTPS_VALUE_HEADER bytes; the value follows them. */
void ftps_value_encode(const struct ftps_value *value, unsigned char *out);

/* Returns 0, or -1 if it is not a value of ours, was shortened, or has bytes
 * after it.
 */
int ftps_value_decode(const unsigned char *bytes, size_t len,
    struct ftps_value *value_out);

#endif /* FTPS_MEMCACHE_VALUE_H */
