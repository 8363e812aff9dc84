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

#include <stddef.h>
#include <time.h>

#include "conf.h"

#define FTPS_CACHE_ABI 1

enum ftps_cache_result {
  FTPS_CACHE_OK,         /* stored, found or removed */
  FTPS_CACHE_MISS,       /* asked, and there is no such entry; or no room */
  FTPS_CACHE_UNAVAILABLE /* could not ask: go on as if there were no cache */
};

/* `flags` */
#define FTPS_CACHE_NO_ITERATE 0x1U
#define FTPS_CACHE_NO_CLEAR   0x2U
#define FTPS_CACHE_REMOTE     0x4U

struct ftps_cache; /* the provider's own; never looked into */

struct ftps_cache_ops {
  unsigned int abi; /* FTPS_CACHE_ABI */
  const char *name; /* word before the colon in TLSSessionCache */
  unsigned int flags;
  size_t max_value; /* larger values are not offered; 0: no limit */

  /* In the daemon, when the configuration is read.  `space` names the use
   * ("sess", "ocsp"), `info` is the text after the colon.  On failure NULL,
   * and *why_out points at text in `p`.
   */
  struct ftps_cache *(*create)(pool *p, const char *space, const char *info,
      const char **why_out);
  void (*destroy)(struct ftps_cache *cache);

  /* In any process.  Values are sealed already; `expires` is absolute.  None
   * may block longer than `deadline_ms`, log more than once a second, or end
   * the process.
   */
  enum ftps_cache_result (*put)(struct ftps_cache *cache, const void *key,
      size_t key_len, const void *value, size_t value_len, time_t expires,
      unsigned int deadline_ms);
  enum ftps_cache_result (*get)(struct ftps_cache *cache, const void *key,
      size_t key_len, void *value, size_t *value_len, /* room in, size out */
      unsigned int deadline_ms);
  enum ftps_cache_result (
      *del)(struct ftps_cache *cache, const void *key, size_t key_len);

  int (*clear)(struct ftps_cache *cache); /* entries removed, or -1 */
  int (*remove)(struct ftps_cache *cache);
  void (*status)(struct ftps_cache *cache,
      void (*line)(void *arg, const char *fmt, ...), void *arg);
};

/* 0, or -1 with EINVAL (NULL, another ABI) or EEXIST (name taken). */
int ftps_cache_register(const struct ftps_cache_ops *ops);

/* 0, or -1 with EINVAL or ENOENT. */
int ftps_cache_unregister(const char *name);

#endif /* FTPS_CACHE_H */
