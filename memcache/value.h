/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * value.h: what stands before a value in memcached.
 *
 *    0  4   "mFT1": ours, and this layout
 *    4  8   generation of the cache in which it was stored
 *   12  8   when it expires, seconds since the epoch
 *   20  4   length of the value
 *   24 ...  the value, sealed by mod_ftps
 *
 * Numbers are big endian: hosts of one cluster may differ.  Memcached expires
 * values by its own clock; the time in the header is the one that counts.
 * Whoever may write to memcached may write anything: what is not exactly of
 * this form is no value.
 *
 * Pure; called by mod_ftps_memcache.c and by tests.  Source: issue 4.
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
  const unsigned char *data; /* decode: inside what was given */
  size_t len;
};

/* Writes FTPS_VALUE_HEADER bytes; the value goes behind them. */
void ftps_value_encode(const struct ftps_value *value, unsigned char *out);

/* 0, or -1: not a value of ours, or cut, or with bytes behind it. */
int ftps_value_decode(const unsigned char *bytes, size_t len,
    struct ftps_value *value_out);

#endif /* FTPS_MEMCACHE_VALUE_H */
