/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * load.c: see load.h.
 */
#include "named/load.h"

#include <errno.h>

#include <openssl/crypto.h>

#include "base/daemon.h"
#include "keys/keypair.h"
#include "keys/signer/loads.h"

/* How long sessions may need the key of a certificate that was replaced. */
#define OLD_SECONDS 86400U

static struct ftps_named_user *users_of(const struct ftps_named *entry,
    const struct ftps_settings *settings, size_t *n_out) {
  *n_out = settings != NULL ? 1 : entry->dir->user_count;
  return entry->dir->users;
}

static void request_one(const struct ftps_daemon *daemon,
    const struct ftps_settings *settings, const struct ftps_named *entry,
    const struct ftps_named_files *files, struct ftps_keypair_load *load) {
  load->request = (struct ftps_keychild_request){
    .type = FTPS_KEYTYPE_NAMED,
    .certificate = files->certificate,
    .key = files->key,
    .server_name = "TLSCertificateDirectory",
  };
  load->isolation = entry->dir->isolation;
  if (settings != NULL) {
    ftps_loads_assign(daemon, settings, load);
    load->isolation = entry->dir->isolation == FTPS_ISOLATION_OFF
        ? FTPS_ISOLATION_OFF
        : load->isolation;
  }
}

/* One load for each server, because the process that signs must know all of
 * them; they share the pair.  Returns how many.
 */
static size_t request(const struct ftps_daemon *daemon,
    const struct ftps_settings *settings, struct ftps_named_load *item,
    size_t layout, struct ftps_keypair_load *loads) {
  const struct ftps_named_files *files = &item->entry->files[layout];
  const char *dir = item->entry->dir->path;
  struct ftps_named_user *users;
  size_t n;

  if (item->look.stamps[layout][0].ino == 0 ||
      ftps_folder_check(dir, files->certificate, &item->error) < 0 ||
      ftps_folder_check(dir, files->key, &item->error) < 0) {
    return 0;
  }

  users = users_of(item->entry, settings, &n);
  for (size_t i = 0; i < n; i++) {
    request_one(daemon, settings, item->entry, files, &loads[i]);
    if (settings == NULL) {
      loads[i].place = &users[i].place;
      loads[i].is_free = users[i].is_free;
    }
  }

  return n;
}

/* If nobody but sessions could have the key for a while, the certificate before
 * it stays; without one, sessions read the key for now.
 */
static void judge_unkept(struct ftps_named_load *item, size_t layout,
    struct ftps_keypair_load *load) {
  const struct ftps_keypair *old = item->entry->pairs[layout];

  if (!load->is_unkept) {
    return;
  }

  item->error.is_passing = true;
  if (old != NULL && ftps_keypair_is_isolated(old)) {
    ftps_keypair_refuse_unkept(load);
  }
}

/* The others have the same pair. */
static void take_loads(struct ftps_named_load *item, size_t layout,
    struct ftps_keypair_load *loads, size_t n) {
  for (size_t i = 0; i < n; i++) {
    judge_unkept(item, layout, &loads[i]);
    if (loads[i].error.text[0] != '\0') {
      ftps_error_take(&item->error, &loads[i].error);
      item->error.is_passing |= loads[i].is_lost;
    } else if (item->pairs[layout] == NULL) {
      item->pairs[layout] = ftps_keypair_ref(loads[i].pair);
    }
    ftps_keypair_unref(loads[i].pair);
  }
}

static void fail_all(struct ftps_named_load *items, size_t n,
    const struct ftps_error *err) {
  for (size_t i = 0; i < n; i++) {
    ftps_error_take(&items[i].error, err);
    items[i].error.is_passing = true;
  }
}

static size_t count_loads(const struct ftps_settings *settings,
    const struct ftps_named_load *items, size_t n) {
  size_t count = 0, users;

  for (size_t i = 0; i < n; i++) {
    (void) users_of(items[i].entry, settings, &users);
    count += users * FTPS_FOLDER_LAYOUTS;
  }

  return count;
}

static void read_all(struct ftps_daemon *daemon,
    const struct ftps_settings *settings, struct ftps_named_load *items,
    size_t n, struct ftps_keypair_load *loads) {
  size_t counts[FTPS_NAMED_BATCH][FTPS_FOLDER_LAYOUTS], all = 0, at = 0;
  struct ftps_error err;

  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < FTPS_FOLDER_LAYOUTS; j++) {
      counts[i][j] = request(daemon, settings, &items[i], j, loads + all);
      all += counts[i][j];
    }
  }

  ftps_error_clear(&err);
  if (all > 0 &&
      ftps_keypair_load(daemon, loads, all, FTPS_KEYPAIR_NO_LIMIT, &err) < 0) {
    fail_all(items, n, &err);
    return;
  }

  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < FTPS_FOLDER_LAYOUTS; j++) {
      take_loads(&items[i], j, loads + at, counts[i][j]);
      at += counts[i][j];
    }
  }
}

void ftps_named_read(struct ftps_daemon *daemon,
    const struct ftps_settings *settings, struct ftps_named_load *items,
    size_t n) {
  struct ftps_keypair_load *loads;
  struct ftps_error err;

  for (size_t i = 0; i < n; i++) {
    ftps_error_clear(&items[i].error);
  }

  loads =
      OPENSSL_zalloc((count_loads(settings, items, n) + 1) * sizeof(*loads));
  if (loads == NULL) {
    ftps_error_clear(&err);
    ftps_error_set_errno(&err, ENOMEM, "memory for certificates");
    fail_all(items, n, &err);
    return;
  }

  read_all(daemon, settings, items, n, loads);
  OPENSSL_free(loads);
}

/* The pair is needed until then, if it signs in another process.  After a
 * SIGHUP that is a process of earlier sessions alone, which they keep.
 */
static void keep_old(struct ftps_names *names, struct ftps_keypair *pair,
    const struct ftps_keypair *by) {
  struct ftps_named_old *old = NULL;

  if (names != NULL && ftps_keypair_is_isolated(pair) &&
      (by == NULL || ftps_keypair_has_same_keeper(pair, by)) &&
      (by == NULL || !ftps_keypair_has_same_key(pair, by))) {
    old = OPENSSL_zalloc(sizeof(*old));
  }
  if (old == NULL) {
    ftps_keypair_unref(pair);
    return;
  }

  old->pair = pair;
  old->until = ftps_names_now() + OLD_SECONDS;
  old->next = names->old;
  names->old = old;
}

/* The daemon keeps no key in its own memory for sessions. */
static struct ftps_keypair *hide(struct ftps_keypair *pair) {
  if (pair != NULL && !ftps_keypair_is_isolated(pair)) {
    ftps_keypair_unref(pair);
    return NULL;
  }
  if (pair != NULL) {
    ftps_keypair_hide(pair);
  }

  return pair;
}

void ftps_named_take(struct ftps_named_load *load, struct ftps_names *names) {
  struct ftps_named *entry = load->entry;

  entry->is_for_sessions = false;
  for (size_t i = 0; i < FTPS_FOLDER_LAYOUTS; i++) {
    bool is_there = load->look.stamps[i][0].ino != 0;
    struct ftps_keypair *pair = load->pairs[i], *before = entry->pairs[i];

    load->pairs[i] = NULL;
    if (pair != NULL && names != NULL) {
      pair = hide(pair);
      entry->is_for_sessions |= pair == NULL;
    }
    if (pair == NULL && is_there && !entry->is_for_sessions) {
      continue;
    }

    entry->pairs[i] = pair;
    if (before != NULL) {
      keep_old(names, before, pair);
    }
  }

  ftps_named_set_look(entry, &load->look);
}
