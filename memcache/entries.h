/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * entries.h: what mod_ftps keeps, as keys and values of memcached.
 *
 * The callbacks of include/ftps_cache.h; free of ProFTPD's functions.  Called
 * by the host of these callbacks, mod_ftps, in any process.
 *
 * A key is "ftps:SPACE:" and the bytes in hexadecimal digits; a value has the
 * header of value.h.  "ftps:SPACE:generation" holds a number, none is 0; values
 * of another generation are not there: that is how a cache is cleared without a
 * list of what is in it.  The number is asked for in the same round trip as the
 * value.  A put supposes the number that any process saw last, asks for it in
 * the same round trip, and stores anew where it was another one.
 *
 * Source: issue 4.
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
  struct ftps_cache *next; /* of all that are open */
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

/* 0: on all servers.  -1 and EHOSTUNREACH: at least one did not answer, and
 * what it holds will be found again.
 */
long ftps_entries_clear(struct ftps_cache *cache);

/* Of the servers as a whole, whoever else uses them.  0, or -1 and
 * EHOSTUNREACH.
 */
int ftps_entries_status(struct ftps_cache *cache,
    struct ftps_cache_status *status_out);

#endif /* FTPS_MEMCACHE_ENTRIES_H */
