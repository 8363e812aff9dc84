/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * mod_tls_cache.h: a cache made for mod_tls, as a provider (ftps_cache.h).
 *
 * Called by cache/cache.c, which gives it sealed values as
 * it does to every provider.  Those modules take OpenSSL's objects, not bytes,
 * and so they get objects that are nothing but an envelope (envelope.h): a TLS
 * session without a secret, whose application data is the value; an OCSP
 * response whose inside is the value.  What lies in Redis, memcached, shared
 * memory or a file can neither be read nor forged, whatever the module does
 * with it.
 *
 * It is third parties' code behind an interface that cannot be changed: calls
 * have no deadline, and a crash is the session's.
 */
#ifndef FTPS_CACHE_MOD_TLS_CACHE_H
#define FTPS_CACHE_MOD_TLS_CACHE_H

#include <stdbool.h>

#include "cache/mod_tls_registry.h"
#include "include/ftps_cache.h"

struct ftps_daemon;

/* Makes the daemon's part, once.  Returns 0, or -1 without memory. */
int ftps_mod_tls_store_init(struct ftps_daemon *daemon);

/* `create`, `iterate` and `add` are NULL: the first is below, the others cannot
 * be done.  NULL: no such cache.
 */
const struct ftps_cache_ops *ftps_mod_tls_store_get0_ops(enum ftps_mod_tls_kind
                                                             kind,
    const char *name);

/* In place of `create`; never NULL.  Texts are copied to `p`.  The cache is
 * opened by ftps_mod_tls_store_start(), or at once after that has been called;
 * a session opens it itself where that failed.
 */
struct ftps_cache *ftps_mod_tls_store_create(struct ftps_daemon *daemon,
    pool *p, enum ftps_mod_tls_kind kind, const char *name, const char *info);

/* In the daemon, as root, when it starts.  Not for "proftpd -t": a module may
 * change what a running daemon uses.
 */
void ftps_mod_tls_store_start(struct ftps_daemon *daemon);

/* In the daemon, before modules are unloaded: closes what is open. */
void ftps_mod_tls_store_stop(struct ftps_daemon *daemon);

/* In the daemon: what the module itself has to say of the cache that is in use.
 * 1: none of these is; 0, or -1 and errno.
 */
struct ftps_mod_tls_view {
  void (*write_line)(void *arg, const char *fmt, ...);
  void *arg;
  bool with_sessions;
};

int ftps_mod_tls_store_show(struct ftps_daemon *daemon,
    enum ftps_mod_tls_kind kind, const struct ftps_mod_tls_view *view);

#endif /* FTPS_CACHE_MOD_TLS_CACHE_H */
