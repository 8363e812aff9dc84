/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_tls_cache.h: a cache made for mod_tls, as a provider (ftps_cache.h).
 *
 * cache/cache.c gives it sealed values like every provider.  Modules for
 * mod_tls take OpenSSL's objects, not bytes.  So they get objects that are only
 * an envelope (envelope.h): a TLS session without a secret, whose application
 * data is the value, or an OCSP response that contains the value.  So nobody
 * can read or forge what is in Redis, memcached, shared memory or a file.
 *
 * This is code of other authors with an interface that cannot be changed: calls
 * have no deadline, and if it crashes, the session crashes.
 */
#ifndef FTPS_CACHE_MOD_TLS_CACHE_H
#define FTPS_CACHE_MOD_TLS_CACHE_H

#include <stdbool.h>

#include "cache/mod_tls_registry.h"
#include "include/ftps_cache.h"

struct ftps_daemon;

/* Makes the daemon's part, once.  Returns 0, or -1 if there is no memory. */
int ftps_mod_tls_store_init(struct ftps_daemon *daemon);

/* `create`, `iterate` and `add` are NULL: the first is below, the others are
 * not possible.  Returns NULL if there is no such cache.
 */
const struct ftps_cache_ops *ftps_mod_tls_store_get0_ops(enum ftps_mod_tls_kind
                                                             kind,
    const char *name);

/* Replaces `create`; never returns NULL.  Texts are copied to `p`.
 * ftps_mod_tls_store_start() opens the cache; after it was called, this
 * function opens it at once.  If that fails, a session opens it itself.
 */
struct ftps_cache *ftps_mod_tls_store_create(struct ftps_daemon *daemon,
    pool *p, enum ftps_mod_tls_kind kind, const char *name, const char *info);

/* In the daemon, as root, when it starts.  Not for "proftpd -t", because a
 * module may change something that a running daemon uses.
 */
void ftps_mod_tls_store_start(struct ftps_daemon *daemon);

/* In the daemon, before modules are unloaded: closes the open caches. */
void ftps_mod_tls_store_stop(struct ftps_daemon *daemon);

/* In the daemon: the module's own text about the cache in use.  Returns 0, -1
 * with errno set, or 1 if no such cache is in use.
 */
struct ftps_mod_tls_view {
  void (*write_line)(void *arg, const char *fmt, ...);
  void *arg;
  bool with_sessions;
};

int ftps_mod_tls_store_show(struct ftps_daemon *daemon,
    enum ftps_mod_tls_kind kind, const struct ftps_mod_tls_view *view);

#endif /* FTPS_CACHE_MOD_TLS_CACHE_H */
