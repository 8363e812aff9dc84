/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * caches.h: the open caches below cache/cache.h, and what administrators can do
 * with them.
 *
 * The daemon opens the configured caches at each postparse; sessions inherit
 * them by fork.  A reload opens the new caches before it closes the old ones,
 * and entries outlive both.  If a provider unregisters while a cache of it is
 * open, that cache is destroyed at once, because the provider's code still
 * exists then.
 */
#ifndef FTPS_CACHE_CACHES_H
#define FTPS_CACHE_CACHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "include/ftps_cache.h"

struct ftps_daemon;
struct ftps_health;
struct ftps_mod_tls_view;

/* The two caches of a configuration.  The first also stores the ring. */
enum ftps_cache_name {
  FTPS_CACHE_SESSIONS,  /* TLSSessionCache */
  FTPS_CACHE_RESPONSES, /* TLSStaplingCache */
  FTPS_CACHE_NAMES
};

/* What the configuration says; type NULL: no such cache. */
struct ftps_cache_choice {
  const char *type; /* name of a provider */
  const char *info; /* the text after the colon */
};

struct ftps_opened_cache {
  struct pool_rec *pool; /* of this cache; NULL: not open */
  const struct ftps_cache_ops *ops;
  struct ftps_cache *cache;
  const char *type;
  const char *info;
};

/* A member of struct ftps_daemon. */
struct ftps_caches {
  struct ftps_opened_cache opened[FTPS_CACHE_NAMES];
  struct ftps_health *health; /* NULL: no counts, and no back-off */
};

/* Makes the daemon's part, once, without any cache.  Returns 0, or -1 if there
 * is no memory.
 */
int ftps_caches_init(struct ftps_daemon *daemon);

/* True if there is a provider of this name for this use. `len` bytes of `type`.
 */
bool ftps_caches_has_type(enum ftps_cache_name cache, const char *type,
    size_t len);

/* In the daemon, when the configuration has been read: opens FTPS_CACHE_NAMES
 * caches, then closes those that were open before.  If a cache cannot be
 * opened, `report` gets a line, and the old cache stays open.  Returns the
 * number of faults.
 */
int ftps_caches_open(struct ftps_daemon *daemon,
    const struct ftps_cache_choice *choices, ftps_report report);

/* In the daemon, when the module is unloaded for good. */
void ftps_caches_close(struct ftps_daemon *daemon);

bool ftps_caches_is_open(const struct ftps_daemon *daemon,
    enum ftps_cache_name cache);
bool ftps_caches_is_any_open(const struct ftps_daemon *daemon);

/* True if it is open, and in the memory of this host, for one daemon. */
bool ftps_caches_is_local(const struct ftps_daemon *daemon,
    enum ftps_cache_name cache);

/* For administrators.  The numbers are for all processes since the daemon was
 * started.
 */
struct ftps_cache_report {
  const char *type; /* NULL: no such cache is open, and all else is 0 */
  const char *info;
  uint64_t hits;
  uint64_t misses; /* there was no entry, or none that opens */
  uint64_t stores;
  uint64_t errors;         /* calls without an answer in time */
  uint64_t unreadable;     /* misses because a value did not open */
  uint64_t unavailable_ms; /* how long no process called it, because of
                            * errors */
  bool is_unavailable;     /* at this moment */
  bool has_status;         /* the provider has set the members below */
  struct ftps_cache_status status;
};

/* count: without the status, for which the provider may have to ask a server.
 */
void ftps_caches_count(struct ftps_daemon *daemon, enum ftps_cache_name cache,
    struct ftps_cache_report *report_out);
void ftps_caches_report(struct ftps_daemon *daemon, enum ftps_cache_name cache,
    struct ftps_cache_report *report_out);

/* The daemon has started.  Caches made for mod_tls are opened only then, and
 * not by "proftpd -t".
 */
void ftps_caches_start(struct ftps_daemon *daemon);

/* A cache made for mod_tls prints by itself what it contains: see
 * mod_tls_cache.h.  Returns 1 if it is no such cache.
 */
int ftps_caches_show(struct ftps_daemon *daemon, enum ftps_cache_name cache,
    const struct ftps_mod_tls_view *view);

/* Calls the provider: see include/ftps_cache.h.  Returns -1 with errno ENOENT
 * if no such cache is open, or ENOSYS if the provider cannot iterate.
 */
long ftps_caches_clear(struct ftps_daemon *daemon, enum ftps_cache_name cache);
int ftps_caches_remove(struct ftps_daemon *daemon, enum ftps_cache_name cache);
long ftps_caches_iterate(struct ftps_daemon *daemon, enum ftps_cache_name cache,
    ftps_cache_visit visit, void *arg);

#endif /* FTPS_CACHE_CACHES_H */
