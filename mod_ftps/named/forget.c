/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * forget.c: see forget.h.
 */
#include "named/forget.h"

#include <openssl/crypto.h>

#include "base/daemon.h"
#include "keys/keypair.h"
#include "named/list.h"
#include "vhost/vhosts.h"

static bool is_key_used(const struct ftps_daemon *daemon,
    const struct ftps_keypair *pair) {
  const struct ftps_vhost *v = ftps_vhosts_get0_first(daemon);

  for (; v != NULL; v = v->next) {
    if (ftps_vhost_has_key(v, pair)) {
      return true;
    }
  }

  return false;
}

struct use {
  const struct ftps_keypair *pair;
  bool is_found;
};

static void find_key(void *arg, struct ftps_named *entry) {
  struct use *use = arg;

  for (size_t i = 0; i < FTPS_FOLDER_LAYOUTS; i++) {
    use->is_found = use->is_found ||
        (entry->pairs[i] != NULL &&
            ftps_keypair_has_same_key(entry->pairs[i], use->pair));
  }
}

static void forget_key(const struct ftps_daemon *daemon,
    const struct ftps_keypair *pair) {
  struct use use = { .pair = pair, .is_found = is_key_used(daemon, pair) };

  ftps_names_walk(daemon, find_key, &use);
  if (!use.is_found) {
    ftps_keypair_forget(pair);
  }
}

void ftps_named_forget(struct ftps_daemon *daemon, struct ftps_named *entry) {
  for (size_t i = 0; i < FTPS_FOLDER_LAYOUTS; i++) {
    if (entry->pairs[i] != NULL) {
      forget_key(daemon, entry->pairs[i]);
    }
  }

  ftps_uses_take_back(daemon->names->uses, &entry->place);
  daemon->names->generation++;
  ftps_named_free(entry);
}

/* Forgets certificates that have lost their place, and those that no session
 * has used for a while.
 */
static void forget_idle(struct ftps_daemon *daemon, struct ftps_named **link,
    uint32_t now) {
  while (*link != NULL) {
    struct ftps_named *entry = *link;

    if (ftps_uses_is_idle(daemon->names->uses, &entry->place, now)) {
      *link = entry->next;
      ftps_named_forget(daemon, entry);
    } else {
      link = &entry->next;
    }
  }
}

void ftps_names_forget_idle(struct ftps_daemon *daemon) {
  struct ftps_names *names = daemon->names;
  struct ftps_named_old **link = &names->old;
  uint32_t now = ftps_names_now();

  names->added = 0;
  for (struct ftps_named_dir *d = names->dirs; d != NULL; d = d->next) {
    for (size_t i = 0; i < FTPS_NAMED_BUCKETS; i++) {
      forget_idle(daemon, &d->buckets[i], now);
    }
  }

  while (*link != NULL) {
    struct ftps_named_old *old = *link;

    if ((int32_t) (now - old->until) < 0) {
      link = &old->next;
      continue;
    }

    *link = old->next;
    forget_key(daemon, old->pair);
    ftps_keypair_unref(old->pair);
    OPENSSL_free(old);
  }
}
