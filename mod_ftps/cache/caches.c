/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * caches.c: see caches.h.
 */
#include "cache/caches.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/daemon.h"
#include "cache/health.h"
#include "cache/mod_tls_cache.h"
#include "cache/providers.h"

#include "conf.h"
#include "privs.h"

int ftps_caches_init(struct ftps_daemon *daemon) {
  if (daemon->caches == NULL) {
    daemon->caches = OPENSSL_zalloc(sizeof(*daemon->caches));
  }

  return daemon->caches != NULL ? 0 : -1;
}

/* For each cache: the providers' name of the use, and the directive. */
static const struct {
  const char *space;
  const char *directive;
  enum ftps_mod_tls_kind kind;
} names[FTPS_CACHE_NAMES] = { { "sess", "TLSSessionCache",
                                  FTPS_MOD_TLS_SESSIONS },
  { "ocsp", "TLSStaplingCache", FTPS_MOD_TLS_RESPONSES } };

/* Modules made for mod_tls come second: our own modules have their names too.
 */
static const struct ftps_cache_ops *find_ops(enum ftps_cache_name cache,
    const char *type) {
  const struct ftps_cache_ops *ops = ftps_providers_get0(type);

  return ops != NULL ? ops
                     : ftps_mod_tls_store_get0_ops(names[cache].kind, type);
}

bool ftps_caches_has_type(enum ftps_cache_name cache, const char *type,
    size_t len) {
  char name[64];

  if (len >= sizeof(name)) {
    return false;
  }

  memcpy(name, type, len);
  name[len] = '\0';
  return find_ops(cache, name) != NULL;
}

static int open_cache(struct ftps_daemon *daemon, enum ftps_cache_name which,
    const struct ftps_cache_choice *choice,
    struct ftps_opened_cache *opened_out, struct ftps_error *err) {
  const struct ftps_cache_ops *ops = find_ops(which, choice->type);
  const char *why = "the cache says no reason";
  pool *p;

  if (ops == NULL) {
    ftps_error_set(err,
        "%s %s:%s: the module of this type is not loaded any more; load it "
        "again, or write \"%s off\"",
        names[which].directive, choice->type, choice->info,
        names[which].directive);
    return -1;
  }

  p = make_sub_pool(permanent_pool);
  pr_pool_tag(p, "mod_ftps cache");
  opened_out->pool = p;
  opened_out->ops = ops;
  opened_out->type = pstrdup(p, choice->type);
  opened_out->info = pstrdup(p, choice->info);
  opened_out->cache = ops->create != NULL
      ? ops->create(p, names[which].space, opened_out->info, &why)
      : ftps_mod_tls_store_create(daemon, p, names[which].kind,
            opened_out->type, opened_out->info);
  if (opened_out->cache == NULL) {
    ftps_error_set(err, "%s %s:%s: %s", names[which].directive, choice->type,
        choice->info, why);
    destroy_pool(p);
    opened_out->pool = NULL;
    return -1;
  }

  return 0;
}

static void close_cache(struct ftps_opened_cache *opened) {
  if (opened->pool != NULL) {
    opened->ops->destroy(opened->cache);
    destroy_pool(opened->pool);
    opened->pool = NULL;
  }
}

/* Returns 0, or 1 for a fault. */
static int reopen(struct ftps_daemon *daemon, enum ftps_cache_name which,
    const struct ftps_cache_choice *choice, ftps_report report) {
  struct ftps_opened_cache *opened = &daemon->caches->opened[which];
  struct ftps_opened_cache coming = { 0 };
  struct ftps_error err;

  ftps_error_clear(&err);
  if (choice->type != NULL &&
      open_cache(daemon, which, choice, &coming, &err) < 0) {
    ftps_error_report(report, FTPS_SEVERITY_FAULT, "%s; %s", err.text,
        opened->pool != NULL ? "the cache before it stays in use until then"
                             : "nothing is stored before this is corrected and "
                               "the daemon reloaded");
    return 1;
  }

  close_cache(opened);
  *opened = coming;
  return 0;
}

int ftps_caches_open(struct ftps_daemon *daemon,
    const struct ftps_cache_choice *choices, ftps_report report) {
  int faults = 0;

  /* The page is kept: sessions count in it also after a reload. */
  if (daemon->caches->health == NULL) {
    daemon->caches->health = ftps_health_new();
  }

  PRIVS_ROOT
  for (int i = 0; i < FTPS_CACHE_NAMES; i++) {
    faults += reopen(daemon, (enum ftps_cache_name) i, &choices[i], report);
  }
  PRIVS_RELINQUISH
  return faults;
}

void ftps_caches_close(struct ftps_daemon *daemon) {
  for (size_t i = 0; i < FTPS_CACHE_NAMES; i++) {
    close_cache(&daemon->caches->opened[i]);
  }
}

/* A provider is unloaded: destroys its caches. */
static void forget(struct ftps_daemon *daemon,
    const struct ftps_cache_ops *ops) {
  for (size_t i = 0; i < FTPS_CACHE_NAMES; i++) {
    struct ftps_opened_cache *opened = &daemon->caches->opened[i];

    if (opened->pool != NULL && opened->ops == ops) {
      close_cache(opened);
    }
  }
}

__attribute__((visibility("default"))) int ftps_cache_unregister(
    const char *name) {
  if (name != NULL && ftps_providers_get0(name) != NULL) {
    forget(ftps_daemon_get0(), ftps_providers_get0(name));
  }

  return ftps_providers_remove(name);
}

bool ftps_caches_is_open(const struct ftps_daemon *daemon,
    enum ftps_cache_name cache) {
  return daemon->caches->opened[cache].pool != NULL;
}

bool ftps_caches_is_any_open(const struct ftps_daemon *daemon) {
  return ftps_caches_is_open(daemon, FTPS_CACHE_SESSIONS) ||
      ftps_caches_is_open(daemon, FTPS_CACHE_RESPONSES);
}

bool ftps_caches_is_local(const struct ftps_daemon *daemon,
    enum ftps_cache_name cache) {
  const struct ftps_opened_cache *c = &daemon->caches->opened[cache];

  /* Under inetd each connection has a daemon of its own. */
  return c->pool != NULL && (c->ops->flags & FTPS_CACHE_REMOTE) == 0 &&
      ServerType == SERVER_STANDALONE;
}

void ftps_caches_count(struct ftps_daemon *daemon, enum ftps_cache_name cache,
    struct ftps_cache_report *report_out) {
  const struct ftps_opened_cache *c = &daemon->caches->opened[cache];
  uint64_t now = ftps_clock_ms();

  memset(report_out, 0, sizeof(*report_out));
  if (c->pool == NULL) {
    return;
  }

  report_out->type = c->type;
  report_out->info = c->info;
  report_out->hits =
      ftps_health_get(daemon->caches->health, cache, FTPS_HEALTH_HIT);
  report_out->misses =
      ftps_health_get(daemon->caches->health, cache, FTPS_HEALTH_MISS);
  report_out->stores =
      ftps_health_get(daemon->caches->health, cache, FTPS_HEALTH_STORE);
  report_out->errors =
      ftps_health_get(daemon->caches->health, cache, FTPS_HEALTH_ERROR);
  report_out->unreadable =
      ftps_health_get(daemon->caches->health, cache, FTPS_HEALTH_UNREADABLE);
  report_out->unavailable_ms =
      ftps_health_failing_ms(daemon->caches->health, cache, now);
  report_out->is_unavailable =
      ftps_health_is_failing(daemon->caches->health, cache);
}

void ftps_caches_report(struct ftps_daemon *daemon, enum ftps_cache_name cache,
    struct ftps_cache_report *report_out) {
  const struct ftps_opened_cache *c = &daemon->caches->opened[cache];

  ftps_caches_count(daemon, cache, report_out);
  if (c->pool == NULL) {
    return;
  }

  PRIVS_ROOT
  report_out->has_status = c->ops->status(c->cache, &report_out->status) == 0;
  PRIVS_RELINQUISH
}

int ftps_caches_show(struct ftps_daemon *daemon, enum ftps_cache_name cache,
    const struct ftps_mod_tls_view *view) {
  int res = 1, xerrno;

  if (daemon->caches->opened[cache].pool != NULL &&
      daemon->caches->opened[cache].ops->create == NULL) {
    PRIVS_ROOT
    res = ftps_mod_tls_store_show(daemon, names[cache].kind, view);
    xerrno = errno;
    PRIVS_RELINQUISH
    errno = xerrno;
  }

  return res;
}

void ftps_caches_start(struct ftps_daemon *daemon) {
  PRIVS_ROOT
  ftps_mod_tls_store_start(daemon);
  PRIVS_RELINQUISH
}

long ftps_caches_clear(struct ftps_daemon *daemon, enum ftps_cache_name cache) {
  const struct ftps_opened_cache *c = &daemon->caches->opened[cache];
  int xerrno;
  long res;

  if (c->pool == NULL) {
    errno = ENOENT;
    return -1;
  }

  PRIVS_ROOT
  res = c->ops->clear(c->cache);
  xerrno = errno;
  PRIVS_RELINQUISH
  errno = xerrno;
  return res;
}

int ftps_caches_remove(struct ftps_daemon *daemon, enum ftps_cache_name cache) {
  const struct ftps_opened_cache *c = &daemon->caches->opened[cache];
  int res, xerrno;

  if (c->pool == NULL) {
    errno = ENOENT;
    return -1;
  }

  PRIVS_ROOT
  res = c->ops->remove(c->cache);
  xerrno = errno;
  PRIVS_RELINQUISH
  errno = xerrno;
  return res;
}

long ftps_caches_iterate(struct ftps_daemon *daemon, enum ftps_cache_name cache,
    ftps_cache_visit visit, void *arg) {
  const struct ftps_opened_cache *c = &daemon->caches->opened[cache];
  int xerrno;
  long res;

  if (c->pool == NULL || c->ops->iterate == NULL) {
    errno = c->pool == NULL ? ENOENT : ENOSYS;
    return -1;
  }

  PRIVS_ROOT
  res = c->ops->iterate(c->cache, visit, arg);
  xerrno = errno;
  PRIVS_RELINQUISH
  errno = xerrno;
  return res;
}
