/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * ftps_cache.h: how a cache offers itself to mod_ftps.
 *
 * Public and installed.  A provider stores bytes under a key, nothing more: one
 * provider serves TLS sessions and OCSP responses.  It registers in its init
 * function; its structure stays its own and must live until it is
 * unregistered.
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
  FTPS_CACHE_MISS,       /* asked, and there is no such entry; or no room; or,
                          * for add, there is one already */
  FTPS_CACHE_UNAVAILABLE /* could not ask: go on as if there were no cache */
};

/* `flags` */
#define FTPS_CACHE_REMOTE 0x1U /* asks over a network: used sparingly */

struct ftps_cache; /* the provider's own; never looked into */

/* What only the provider knows; hits, misses, stores and errors are counted by
 * mod_ftps.  FTPS_CACHE_UNKNOWN: not known.
 */
#define FTPS_CACHE_UNKNOWN UINT64_MAX

struct ftps_cache_status {
  uint64_t entries;
  uint64_t evictions;   /* removed before their time, for want of room */
  uint64_t expired;     /* removed after their time */
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
  size_t max_key;   /* longer keys are not offered; at least 64 */
  size_t max_value; /* larger values are not offered; 0: no limit */

  /* In the daemon as root, when the configuration has been read; also by
   * "proftpd -t", so nothing may be changed that a running daemon uses.
   * `space` names the use ("sess", "ocsp"), `info` is the text after the
   * colon.  `p` and `info` live until destroy has returned.  On failure NULL,
   * and *why_out points at text in `p`.  A restart creates again, with the old
   * or with another `info`, before it destroys what was created before, unless
   * the provider was unregistered meanwhile: entries outlive both.
   */
  struct ftps_cache *(*create)(pool *p, const char *space, const char *info,
      const char **why_out);
  void (*destroy)(struct ftps_cache *cache);

  /* In any process, whatever its rights and its root directory.  Values are
   * sealed already; `expires` is absolute.  None may block longer than
   * `deadline_ms`, log more than once a second, or end the process.  `add`
   * stores only where there is no entry of that key.
   */
  enum ftps_cache_result (*put)(struct ftps_cache *cache, const void *key,
      size_t key_len, const void *value, size_t value_len, time_t expires,
      unsigned int deadline_ms);
  enum ftps_cache_result (*add)(struct ftps_cache *cache, const void *key,
      size_t key_len, const void *value, size_t value_len, time_t expires,
      unsigned int deadline_ms);
  enum ftps_cache_result (*get)(struct ftps_cache *cache, const void *key,
      size_t key_len, void *value, size_t *value_len, /* room in, size out */
      unsigned int deadline_ms);
  enum ftps_cache_result (*del)(struct ftps_cache *cache, const void *key,
      size_t key_len, unsigned int deadline_ms);

  /* For administrators, in the daemon.  clear: entries removed, or -1 and
   * errno.  remove: the cache itself goes, with its files; 0, or -1 and errno.
   * status: 0, or -1 and errno.  iterate: entries visited, or -1 and errno;
   * the member may be NULL.
   */
  long (*clear)(struct ftps_cache *cache);
  int (*remove)(struct ftps_cache *cache);
  int (*status)(struct ftps_cache *cache, struct ftps_cache_status *status_out);
  long (*iterate)(struct ftps_cache *cache, ftps_cache_visit visit, void *arg);
};

/* 0, also for what is registered already, or -1 with EINVAL (NULL, another ABI,
 * a callback that is missing) or EEXIST (name taken by another structure).
 */
int ftps_cache_register(const struct ftps_cache_ops *ops);

/* First destroys what it created and still is in use, so the provider must be
 * able to do that.  0, or -1 with EINVAL or ENOENT.
 */
int ftps_cache_unregister(const char *name);

#endif /* FTPS_CACHE_H */
