/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * entries.h: what mod_ftps keeps, as keys and values of memcached.
 *
 * The callbacks of include/ftps_cache.h; no functions of ProFTPD. mod_ftps
 * calls them in any process.
 *
 * A key is "ftps:SPACE:" and the bytes in hexadecimal digits.  A value has the
 * header of value.h. "ftps:SPACE:generation" contains a number; without it the
 * number is 0.  Values of another generation do not count: so a cache is
 * cleared without a list of its entries.  The number is requested in the same
 * round trip as the value.  A put uses the number that any process saw last,
 * requests it in the same round trip, and stores again if the number was
 * another one.
 */
#ifndef FTPS_MEMCACHE_ENTRIES_H
#define FTPS_MEMCACHE_ENTRIES_H

#include "include/ftps_cache.h"
#include "memcached.h"
#include "value.h"

#define FTPS_ENTRIES_PREFIX    "ftps:"
#define FTPS_ENTRIES_SPACE_MAX 16U
#define FTPS_ENTRIES_KEY_MAX   100U
#define FTPS_ENTRIES_VALUE_MAX (FTPS_WIRE_VALUE_MAX - FTPS_VALUE_HEADER)

struct ftps_cache {
  struct ftps_cache *next; /* the list of all open caches */
  pool *pool;
  struct ftps_memcached *m; /* shared number: the generation seen last */
  char space[FTPS_ENTRIES_SPACE_MAX + 1];
  char generation_key[sizeof(FTPS_ENTRIES_PREFIX) + FTPS_ENTRIES_SPACE_MAX +
      sizeof(":generation")];
};

enum ftps_cache_result ftps_entries_put_cb(struct ftps_cache *cache,
    const void *key, size_t key_len, const void *bytes, size_t len,
    time_t expires, unsigned int deadline_ms);
enum ftps_cache_result ftps_entries_add_cb(struct ftps_cache *cache,
    const void *key, size_t key_len, const void *bytes, size_t len,
    time_t expires, unsigned int deadline_ms);
enum ftps_cache_result ftps_entries_get_cb(struct ftps_cache *cache,
    const void *key, size_t key_len, void *value, size_t *value_len,
    unsigned int deadline_ms);
enum ftps_cache_result ftps_entries_del_cb(struct ftps_cache *cache,
    const void *key, size_t key_len, unsigned int deadline_ms);

/* Returns 0 if all servers are cleared, or -1 with EHOSTUNREACH if at least one
 * did not answer; its entries will be found again.
 */
long ftps_entries_clear(struct ftps_cache *cache);

/* The numbers of the whole servers, with the entries of other programs.
 * Returns 0, or -1 with EHOSTUNREACH.
 */
int ftps_entries_status(struct ftps_cache *cache,
    struct ftps_cache_status *status_out);

#endif /* FTPS_MEMCACHE_ENTRIES_H */
