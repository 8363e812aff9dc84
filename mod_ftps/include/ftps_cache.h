/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ftps_cache.h: the interface between a cache and mod_ftps.
 *
 * Public and installed.  A provider stores bytes under a key, nothing more: one
 * provider serves TLS sessions and OCSP responses.  It registers in its init
 * function.  It owns its structure, which must live until it is unregistered.
 */
#ifndef FTPS_CACHE_H
#define FTPS_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "conf.h"

#define FTPS_CACHE_ABI 1

enum ftps_cache_result {
  FTPS_CACHE_OK,         /* stored, found or removed */
  FTPS_CACHE_MISS,       /* there is no such entry; or no room; or, for add,
                          * there is an entry already */
  FTPS_CACHE_UNAVAILABLE /* the cache cannot be used now: go on as if there
                          * were none */
};

/* `flags` */
#define FTPS_CACHE_REMOTE 0x1U /* uses a network: called sparingly */

struct ftps_cache; /* owned by the provider; nobody else looks into it */

/* What only the provider knows. mod_ftps counts hits, misses, stores and
 * errors.  FTPS_CACHE_UNKNOWN: not known.
 */
#define FTPS_CACHE_UNKNOWN UINT64_MAX

struct ftps_cache_status {
  uint64_t entries;
  uint64_t evictions;   /* removed before they expired, because there was no
                         * room */
  uint64_t expired;     /* removed after they had expired */
  uint64_t memory_used; /* bytes */
  uint64_t memory_size; /* bytes */
};

/* Called for one entry; false ends the walk. */
typedef bool (*ftps_cache_visit)(void *arg, const void *key, size_t key_len,
    const void *value, size_t value_len, time_t expires);

struct ftps_cache_ops {
  unsigned int abi; /* FTPS_CACHE_ABI */
  const char *name; /* word before the colon in TLSSessionCache */
  unsigned int flags;
  size_t max_key;   /* longer keys are never passed; at least 64 */
  size_t max_value; /* larger values are never passed; 0: no limit */

  /* Called in the daemon as root, when the configuration has been read.
   * "proftpd -t" calls it too, so it must not change anything that a running
   * daemon uses. `space` names the use ("sess", "ocsp"), `info` is the text
   * after the colon. `p` and `info` live until destroy has returned.  On
   * failure it returns NULL, and *why_out points at text in `p`.  A reload
   * creates again, with the old or another `info`, before it destroys the old
   * cache, unless the provider was unregistered meanwhile: entries outlive
   * both.
   */
  struct ftps_cache *(*create)(pool *p, const char *space, const char *info,
      const char **why_out);
  void (*destroy)(struct ftps_cache *cache);

  /* Called in any process, with any rights and any root directory.  Values are
   * sealed already; `expires` is absolute.  A callback must not block longer
   * than `deadline_ms`, log more than once a second, or end the process. `add`
   * stores only if there is no entry of that key.
   */
  enum ftps_cache_result (*put)(struct ftps_cache *cache, const void *key,
      size_t key_len, const void *value, size_t value_len, time_t expires,
      unsigned int deadline_ms);
  enum ftps_cache_result (*add)(struct ftps_cache *cache, const void *key,
      size_t key_len, const void *value, size_t value_len, time_t expires,
      unsigned int deadline_ms);
  enum ftps_cache_result (*get)(struct ftps_cache *cache, const void *key,
      size_t key_len, void *value, size_t *value_len, /* size of the buffer
                                                       * in, size of the
                                                       * value out */
      unsigned int deadline_ms);
  enum ftps_cache_result (*del)(struct ftps_cache *cache, const void *key,
      size_t key_len, unsigned int deadline_ms);

  /* For administrators, called in the daemon. clear returns the number of
   * removed entries, or -1 with errno set. remove removes the cache itself,
   * with its files; it returns 0, or -1 with errno set. status returns 0, or -1
   * with errno set. iterate returns the number of visited entries, or -1 with
   * errno set; this member may be NULL.
   */
  long (*clear)(struct ftps_cache *cache);
  int (*remove)(struct ftps_cache *cache);
  int (*status)(struct ftps_cache *cache, struct ftps_cache_status *status_out);
  long (*iterate)(struct ftps_cache *cache, ftps_cache_visit visit, void *arg);
};

/* Returns 0, also if the structure is registered already, or -1 with errno set:
 * EINVAL (NULL, another ABI, a missing callback) or EEXIST (another structure
 * has this name).
 */
int ftps_cache_register(const struct ftps_cache_ops *ops);

/* First destroys the caches of this provider that are still in use, so the
 * provider must still be able to do that.  Returns 0, or -1 with errno EINVAL
 * or ENOENT.
 */
int ftps_cache_unregister(const char *name);

#endif /* FTPS_CACHE_H */
