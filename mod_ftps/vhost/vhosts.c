/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * vhosts.c: see vhosts.h.
 *
 * The list survives SIGHUP: a server whose new files are faulty keeps its old
 * edition.
 */
#include "vhost/vhosts.h"

#include <string.h>

#include <openssl/err.h>

#include "base/clock.h"
#include "base/daemon.h"
#include "base/retry.h"
#include "base/stamp.h"
#include "cache/cache.h"
#include "cache/sealkey.h"
#include "keys/keyarea.h"
#include "keys/keypair.h"
#include "keys/pairs.h"
#include "keys/passphrase.h"
#include "keys/reachable.h"
#include "keys/signer/keeper.h"
#include "tickets/tickets.h"
#include "trust/verify_client.h"
#include "vhost/client_context.h"
#include "vhost/settings_advice.h"
#include "vhost/settings_check.h"
#include "vhost/warmup.h"

#include "privs.h"

/* Time budget of one refresh.  Hundreds of hosts may have changed, and the
 * daemon accepts nobody meanwhile.  Reading keys takes at most half of it.
 */
#define REFRESH_MS 250

struct ftps_vhosts {
  pool *pool;
  unsigned int generation;
  struct ftps_vhost *list;
  struct ftps_vhost *coming; /* being read, not in use yet */
  size_t refreshed;          /* of the list, in an unfinished round */
  struct ftps_retry retry;
};

void ftps_vhosts_init(struct ftps_daemon *daemon) {
  pool *p;

  if (daemon->vhosts == NULL) {
    p = make_sub_pool(permanent_pool);
    pr_pool_tag(p, "mod_ftps");
    daemon->vhosts = pcalloc(p, sizeof(*daemon->vhosts));
    daemon->vhosts->pool = p;
  }
}

const struct ftps_vhost *ftps_vhosts_get0_first(
    const struct ftps_daemon *daemon) {
  return daemon->vhosts->list;
}

pool *ftps_vhosts_new_pool(struct ftps_daemon *daemon) {
  pool *p = make_sub_pool(daemon->vhosts->pool);

  pr_pool_tag(p, "mod_ftps virtual host");
  return p;
}

static void free_list(struct ftps_vhost *vhost) {
  while (vhost != NULL) {
    struct ftps_vhost *next = vhost->next;

    ftps_vhost_free(vhost);
    vhost = next;
  }
}

void ftps_vhosts_begin(struct ftps_daemon *daemon) {
  ftps_verify_forget_trust(daemon);
  ftps_client_context_forget(daemon);
  free_list(daemon->vhosts->coming);
  daemon->vhosts->coming = NULL;
}

/* A server with a section of mod_ifsession merged into it is the same server:
 * its sessions have the same name.
 */
static unsigned int count_namesakes(const struct ftps_vhost *list,
    const void *owner, const struct ftps_settings *settings) {
  unsigned int count = 0;

  for (; list != NULL; list = list->next) {
    const struct ftps_settings *theirs = ftps_vhost_settings(list);

    count += list->owner != owner && theirs->section == NULL &&
        theirs->port == settings->port &&
        strcmp(theirs->server_name, settings->server_name) == 0;
  }

  return count;
}

int ftps_vhosts_add(struct ftps_daemon *daemon, pool *p, const void *owner,
    const struct ftps_settings *settings) {
  struct ftps_vhost **link = &daemon->vhosts->coming;
  unsigned int namesakes = count_namesakes(*link, owner, settings);

  /* At the end: people read faults, and type passphrases, in this order. */
  while (*link != NULL) {
    link = &(*link)->next;
  }

  *link = ftps_vhost_new(daemon, p, owner, settings, namesakes);
  return *link != NULL ? 0 : -1;
}

static struct ftps_vhost **find_old(struct ftps_daemon *daemon,
    const struct ftps_settings *settings) {
  struct ftps_vhost **link = &daemon->vhosts->list;

  while (*link != NULL && !ftps_vhost_is_of(*link, settings)) {
    link = &(*link)->next;
  }

  return link;
}

const struct ftps_settings *ftps_vhosts_find_old(struct ftps_daemon *daemon,
    const struct ftps_settings *settings) {
  const struct ftps_vhost *old = *find_old(daemon, settings);

  return old != NULL ? ftps_vhost_settings(old) : NULL;
}

/* `take_over` moves what the successor keeps. */
static void succeed(struct ftps_daemon *daemon, struct ftps_vhost *vhost,
    void (*take_over)(struct ftps_vhost *vhost, struct ftps_vhost *old)) {
  struct ftps_vhost **link = find_old(daemon, ftps_vhost_settings(vhost));
  struct ftps_vhost *old = *link;

  if (old != NULL) {
    *link = old->next;
    take_over(vhost, old);
    ftps_vhost_free(old);
  }
}

/* A virtual host that could not be built keeps its old edition.  A section of
 * mod_ifsession does not count as a fault.
 */
static void keep_old(struct ftps_daemon *daemon, struct ftps_vhost *faulty,
    const struct ftps_error *err, struct ftps_vhosts_faults *faults) {
  succeed(daemon, faulty, ftps_vhost_succeed);
  if (ftps_vhost_settings(faulty)->section == NULL) {
    faults->count++;
    faults->ends_start = faults->ends_start || !err->is_of_server;
  }
}

static void report_fault(const struct ftps_vhost *vhost, const char *text,
    ftps_report report) {
  const struct ftps_settings *settings = ftps_vhost_settings(vhost);
  const char *section = settings->section;

  ftps_error_report(report, FTPS_SEVERITY_FAULT, "server \"%.200s\"%s%s: %s",
      settings->server_name, section != NULL ? ", " : "",
      section != NULL ? section : "", text);
}

/* Most files of a section are those of its server, which have been reported. */
static void build_coming(struct ftps_daemon *daemon,
    struct ftps_keypair_load *loads, const size_t *counts, ftps_report report,
    struct ftps_vhosts_faults *faults) {
  struct ftps_error err;
  int res;

  for (struct ftps_vhost *v = daemon->vhosts->coming; v != NULL; v = v->next) {
    ftps_error_clear(&err);
    res = ftps_vhost_build(v, loads, *counts, &err);
    if (ftps_vhost_settings(v)->section == NULL) {
      ftps_pairs_report(loads, *counts, &ftps_vhost_settings(v)->place, report);
    }
    if (res < 0) {
      report_fault(v, err.text, report);
      keep_old(daemon, v, &err, faults);
    }
    loads += *counts++;
  }
}

/* Nothing could be loaded: all keep what they have. */
static void keep_all(struct ftps_daemon *daemon, const struct ftps_error *err,
    struct ftps_vhosts_faults *faults) {
  for (struct ftps_vhost *v = daemon->vhosts->coming; v != NULL; v = v->next) {
    ftps_vhost_try_again(v);
    keep_old(daemon, v, err, faults);
  }
}

/* Returns 0, or -1 with `err` set if nothing was built. */
static int load_coming(struct ftps_daemon *daemon, ftps_report report,
    struct ftps_vhosts_faults *faults, struct ftps_error *err) {
  size_t hosts = 0, all = 0, n = 0, i = 0;
  struct ftps_keypair_load *loads;
  size_t *counts;
  int res = -1;

  for (struct ftps_vhost *v = daemon->vhosts->coming; v != NULL; v = v->next) {
    hosts++;
    all += ftps_settings_count_certificates(ftps_vhost_settings(v));
  }

  loads = OPENSSL_zalloc((all + 1) * sizeof(*loads));
  counts = OPENSSL_zalloc((hosts + 1) * sizeof(*counts));
  if (loads != NULL && counts != NULL) {
    for (struct ftps_vhost *v = daemon->vhosts->coming; v != NULL;
         v = v->next) {
      counts[i] = ftps_vhost_list_loads(v,
          *find_old(daemon, ftps_vhost_settings(v)), loads + n);
      n += counts[i++];
    }

    if (ftps_keypair_load(daemon, loads, n, FTPS_KEYPAIR_NO_LIMIT, err) == 0) {
      build_coming(daemon, loads, counts, report, faults);
      res = 0;
    }
  }

  ftps_error_set(err, "memory for certificates ran out");
  OPENSSL_free(loads);
  OPENSSL_free(counts);
  return res;
}

/* A secret in a file comes before those of private keys, which have another
 * use.
 */
static void derive_own_secret(struct ftps_daemon *daemon) {
  const SSL_CTX *chosen = NULL;
  struct ftps_seal seal;

  for (struct ftps_vhost *v = daemon->vhosts->list; v != NULL; v = v->next) {
    const SSL_CTX *ctx = ftps_vhost_get0_context(v);

    if (ftps_sealkey_get0(ctx, &seal) == 0 &&
        (chosen == NULL ||
            (ftps_sealkey_source(ctx) == FTPS_SEALKEY_FILE &&
                ftps_sealkey_source(chosen) != FTPS_SEALKEY_FILE))) {
      chosen = ctx;
    }
  }

  ftps_sealkey_derive_own(daemon, chosen);
}

/* Called after each change of contexts. */
static void note_changes(struct ftps_daemon *daemon) {
  derive_own_secret(daemon);
  ftps_reachable_forget(daemon);
  for (struct ftps_vhost *v = daemon->vhosts->list; v != NULL; v = v->next) {
    ftps_vhost_hide_keys(v);
    ftps_reachable_from(daemon, &v->place);
    ftps_vhost_each_slot(v, ftps_reachable_add);
  }
}

static void warn_unsealed(struct ftps_daemon *daemon, ftps_report report) {
  for (struct ftps_vhost *v = daemon->vhosts->list; v != NULL; v = v->next) {
    const SSL_CTX *ctx = ftps_vhost_get0_context(v);

    if (ftps_vhost_settings(v)->section == NULL &&
        ftps_caches_is_open(daemon, FTPS_CACHE_SESSIONS) && ctx != NULL &&
        ftps_sealkey_source(ctx) == FTPS_SEALKEY_NONE) {
      ftps_settings_advise(ftps_vhost_settings(v), report,
          "TLSSessionCache keeps none of its sessions, because there is no "
          "private key here to seal them with; set TLSCacheSecretFile");
    }
  }
}

/* One line for all of them. */
static void warn_sealed_by_keys(struct ftps_daemon *daemon,
    ftps_report report) {
  const char *first = NULL;
  bool has_more = false;

  for (struct ftps_vhost *v = daemon->vhosts->list; v != NULL; v = v->next) {
    if (ftps_sealkey_source(ftps_vhost_get0_context(v)) !=
            FTPS_SEALKEY_PRIVATE_KEY ||
        !ftps_vhost_settings(v)->cache) {
      continue;
    }
    has_more = first != NULL;
    first = has_more ? first : ftps_vhost_settings(v)->server_name;
  }

  if (first == NULL || !ftps_caches_is_open(daemon, FTPS_CACHE_SESSIONS)) {
    return;
  }

  ftps_error_report(report, FTPS_SEVERITY_NOTICE,
      "server \"%.200s\"%s: TLSSessionCache: sessions are kept sealed "
      "with a secret derived from the private key of the certificate, so "
      "whoever gets that key one day can decrypt recorded connections; set "
      "TLSCacheSecretFile, the same on all hosts",
      first, has_more ? " and others" : "");
}

static void take_coming(struct ftps_daemon *daemon) {
  free_list(daemon->vhosts->list);
  daemon->vhosts->list = daemon->vhosts->coming;
  daemon->vhosts->coming = NULL;
  daemon->vhosts->generation++;
  daemon->vhosts->refreshed = 0;
  daemon->vhosts->retry.at = 0;
  note_changes(daemon);
}

/* A section without a successor was not read, so mod_ifsession does not merge
 * it any more.
 */
void ftps_vhosts_keep(struct ftps_daemon *daemon, ftps_report report) {
  for (struct ftps_vhost *v = daemon->vhosts->coming; v != NULL; v = v->next) {
    succeed(daemon, v, ftps_vhost_continue);
  }
  for (struct ftps_vhost *v = daemon->vhosts->list; v != NULL; v = v->next) {
    if (ftps_vhost_settings(v)->section != NULL) {
      report_fault(v,
          "was not read, so its clients are treated like all others", report);
    }
  }
  take_coming(daemon);
}

struct ftps_vhosts_faults ftps_vhosts_commit(struct ftps_daemon *daemon,
    ftps_report report) {
  struct ftps_vhosts_faults faults = { 0, false };
  struct ftps_error err;

  ftps_error_clear(&err);
  PRIVS_ROOT
  ftps_keepers_begin(daemon);
  ftps_passphrase_allow_terminal(daemon->passphrases,
      daemon->vhosts->generation == 0);
  if (load_coming(daemon, report, &faults, &err) < 0) {
    report(FTPS_SEVERITY_FAULT, err.text);
    keep_all(daemon, &err, &faults);
  }
  ftps_passphrase_allow_terminal(daemon->passphrases, false);
  ftps_keepers_end(daemon);
  PRIVS_RELINQUISH

  ERR_clear_error();
  if (daemon->vhosts->generation == 0 && daemon->vhosts->coming != NULL) {
    ftps_warmup();
  }

  take_coming(daemon);
  return faults;
}

bool ftps_vhosts_is_restart(struct ftps_daemon *daemon) {
  return daemon->vhosts->generation > 1;
}

struct ftps_vhost *ftps_vhosts_find(struct ftps_daemon *daemon,
    const void *owner) {
  struct ftps_vhost *vhost = daemon->vhosts->list;

  while (vhost != NULL &&
      (vhost->owner != owner || ftps_vhost_settings(vhost)->section != NULL)) {
    vhost = vhost->next;
  }

  return vhost;
}

struct ftps_vhost *ftps_vhosts_find_variant(struct ftps_daemon *daemon,
    const void *owner, uint64_t records) {
  struct ftps_vhost *vhost = daemon->vhosts->list;

  while (vhost != NULL &&
      (vhost->owner != owner || ftps_vhost_settings(vhost)->section == NULL ||
          vhost->records != records)) {
    vhost = vhost->next;
  }

  return vhost;
}

struct ftps_vhost *ftps_vhosts_add_late(struct ftps_daemon *daemon, pool *p,
    const void *owner, const struct ftps_settings *settings,
    ftps_report report) {
  const struct ftps_vhost *base = ftps_vhosts_find(daemon, owner);
  unsigned int namesakes = base != NULL
      ? ftps_vhost_namesakes(base)
      : count_namesakes(daemon->vhosts->list, owner, settings);
  struct ftps_vhost *vhost =
      ftps_vhost_new(daemon, p, owner, settings, namesakes);
  struct ftps_error err;
  int res;

  if (vhost == NULL) {
    return NULL;
  }

  vhost->next = daemon->vhosts->list;
  daemon->vhosts->list = vhost;
  ftps_error_clear(&err);
  PRIVS_ROOT
  res = ftps_vhost_build_late(vhost, base, report, &err);
  PRIVS_RELINQUISH
  ERR_clear_error();
  if (res < 0) {
    report_fault(vhost, err.text, report);
  }

  return vhost;
}

static int refresh(struct ftps_vhost *vhost, bool is_looked,
    struct ftps_error *err) {
  int res;

  PRIVS_ROOT
  res = ftps_vhost_refresh(vhost, is_looked, err);
  PRIVS_RELINQUISH
  ERR_clear_error();
  return res;
}

int ftps_vhosts_refresh(struct ftps_vhost *vhost, struct ftps_error *err) {
  return refresh(vhost, false, err);
}

static void report_refresh(const struct ftps_vhost *vhost, int res,
    const char *text, ftps_report report) {
  ftps_error_report(report,
      res < 0 ? FTPS_SEVERITY_FAULT : FTPS_SEVERITY_NOTICE,
      "server \"%.200s\": changed %s%s",
      ftps_vhost_settings(vhost)->server_name,
      res < 0 ? "files cannot be used, the old certificate stays in use: "
              : "certificate files are in use now",
      text);
}

static void unprepare_from(struct ftps_vhost *vhost) {
  for (; vhost != NULL; vhost = vhost->next) {
    ftps_vhost_unprepare(vhost);
  }
}

/* One process reads all changed keys of all servers, or as many as there is
 * time for.  If it cannot, each server tries by itself, and logs the reason.
 */
static struct ftps_keypair_load *load_changed(struct ftps_daemon *daemon,
    struct ftps_vhost *first, uint64_t until, size_t *n_out) {
  bool may_retry = ftps_retry_is_due(&daemon->vhosts->retry);
  struct ftps_stamps seen = { .n = 0 };
  struct ftps_keypair_load *loads = NULL;
  struct ftps_error unused;
  size_t n = 0;

  for (struct ftps_vhost *v = first; v != NULL; v = v->next) {
    n += ftps_vhost_look(v, &seen, may_retry);
  }

  if (n > 0) {
    daemon->make_room(daemon);
    loads = OPENSSL_zalloc(n * sizeof(*loads));
  }
  *n_out = n = 0;
  if (loads == NULL) {
    return NULL;
  }

  for (struct ftps_vhost *v = first; v != NULL; v = v->next) {
    n += ftps_vhost_prepare(v, loads + n, n == 0);
  }

  ftps_error_clear(&unused);
  if (ftps_keypair_load(daemon, loads, n, until, &unused) < 0) {
    unprepare_from(first);
  }

  *n_out = n;
  return loads;
}

/* Returns 0 if nothing was done. */
static int refresh_one(struct ftps_vhost *vhost, ftps_report report) {
  struct ftps_error err;
  int res;

  ftps_error_clear(&err);
  res = refresh(vhost, true, &err);
  if (res != 0) {
    report_refresh(vhost, res, err.text, report);
  }
  ftps_vhost_unprepare(vhost);
  return res;
}

static struct ftps_vhost *first_of_rest(struct ftps_daemon *daemon) {
  struct ftps_vhost *vhost = daemon->vhosts->list;

  for (size_t i = 0; i < daemon->vhosts->refreshed && vhost != NULL; i++) {
    vhost = vhost->next;
  }

  return vhost;
}

void ftps_vhosts_hurry(struct ftps_daemon *daemon) {
  daemon->vhosts->retry.at = 0;
}

/* When this returns, no key is left that was loaded for others: sessions would
 * inherit it.
 */
bool ftps_vhosts_refresh_all(struct ftps_daemon *daemon, ftps_report report) {
  uint64_t start = ftps_clock_ms();
  struct ftps_vhost *v = first_of_rest(daemon);
  struct ftps_keypair_load *loads;
  bool is_time_over = false, is_changed = false;
  size_t n;

  PRIVS_ROOT
  loads = load_changed(daemon, v, start + REFRESH_MS / 2, &n);
  PRIVS_RELINQUISH

  for (; v != NULL && !is_time_over && !ftps_vhost_is_left(v); v = v->next) {
    int res = refresh_one(v, report);

    daemon->vhosts->refreshed++;
    is_changed = is_changed || res != 0;
    is_time_over = res != 0 && ftps_clock_ms() >= start + REFRESH_MS;
    if (res > 0) {
      ftps_pairs_report(loads, n, &ftps_vhost_settings(v)->place, report);
    }
  }

  if (is_changed) {
    note_changes(daemon);
  }
  unprepare_from(v);
  OPENSSL_free(loads);
  ERR_clear_error();
  if (v == NULL) {
    daemon->vhosts->refreshed = 0;
  }

  if (n > 0) {
    ftps_retry_note(&daemon->vhosts->retry, start);
  }
  return v != NULL;
}

void ftps_vhosts_try_again(struct ftps_daemon *daemon,
    const struct ftps_keypair_load *loads, size_t n) {
  for (struct ftps_vhost *v = daemon->vhosts->list; v != NULL; v = v->next) {
    ftps_vhost_try_failed(v, loads, n);
  }
}

void ftps_vhosts_advise(struct ftps_daemon *daemon, time_t now,
    ftps_report report) {
  PRIVS_ROOT
  for (struct ftps_vhost *v = daemon->vhosts->list; v != NULL; v = v->next) {
    ftps_vhost_advise(v, now, report);
  }
  warn_unsealed(daemon, report);
  warn_sealed_by_keys(daemon, report);
  PRIVS_RELINQUISH
}

void ftps_vhosts_free(struct ftps_daemon *daemon) {
  ftps_vhosts_begin(daemon);
  ftps_reachable_forget(daemon);
  free_list(daemon->vhosts->list);
  daemon->vhosts->list = NULL;
  ftps_tickets_free(daemon->tickets);
  ftps_sealkey_derive_own(daemon, NULL);
}
