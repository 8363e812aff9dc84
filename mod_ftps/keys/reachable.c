/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * reachable.c: see reachable.h.
 */
#include "keys/reachable.h"

#include <string.h>

#include <openssl/crypto.h>

#include "base/daemon.h"
#include "keys/keyarea.h"

struct secret {
  struct ftps_place place;
  struct ftps_keyarea *area;
  size_t slot;
};

struct ftps_reachable {
  struct secret *secrets;
  size_t n, room;
  bool is_incomplete;
  struct ftps_place from;
};

int ftps_reachable_init(struct ftps_daemon *daemon) {
  if (daemon->reachable == NULL) {
    daemon->reachable = OPENSSL_zalloc(sizeof(*daemon->reachable));
  }

  return daemon->reachable != NULL ? 0 : -1;
}

void ftps_reachable_forget(struct ftps_daemon *daemon) {
  OPENSSL_free(daemon->reachable->secrets);
  memset(daemon->reachable, 0, sizeof(*daemon->reachable));
}

void ftps_reachable_from(struct ftps_daemon *daemon,
    const struct ftps_place *place) {
  daemon->reachable->from = *place;
}

bool ftps_reachable_is_same(const struct ftps_place *a,
    const struct ftps_place *b) {
  return a->port == b->port && a->is_anywhere == b->is_anywhere &&
      memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

/* Servers with the same certificate are usually next to each other. */
static bool is_listed(const struct ftps_reachable *list,
    const struct ftps_keyarea *area, size_t slot) {
  const struct secret *last = list->n > 0 ? &list->secrets[list->n - 1] : NULL;

  return last != NULL && last->area == area && last->slot == slot &&
      ftps_reachable_is_same(&last->place, &list->from);
}

static int make_room(struct ftps_reachable *list) {
  size_t room = list->room > 0 ? 2 * list->room : 16;
  struct secret *secrets;

  if (list->n < list->room) {
    return 0;
  }

  secrets = OPENSSL_realloc(list->secrets, room * sizeof(*secrets));
  if (secrets == NULL) {
    return -1;
  }

  list->secrets = secrets;
  list->room = room;
  return 0;
}

void ftps_reachable_add(struct ftps_keyarea *area, size_t slot) {
  struct ftps_reachable *list;

  if (area == NULL) {
    return;
  }

  list = ftps_keyarea_daemon(area)->reachable;
  if (is_listed(list, area, slot)) {
    return;
  }

  if (make_room(list) < 0) {
    list->is_incomplete = true;
    return;
  }

  list->secrets[list->n] =
      (struct secret){ .place = list->from, .area = area, .slot = slot };
  list->n++;
}

bool ftps_reachable_is_whole(const struct ftps_daemon *daemon) {
  return !daemon->reachable->is_incomplete;
}

bool ftps_reachable_leads_to(const struct ftps_place *here,
    const struct ftps_place *there) {
  return here->port == there->port &&
      (here->is_anywhere || there->is_anywhere ||
          memcmp(here->address, there->address, sizeof(here->address)) == 0);
}

bool ftps_reachable_mark(const struct ftps_daemon *daemon,
    const struct ftps_place *here) {
  const struct ftps_reachable *list = daemon->reachable;
  bool is_any = false;

  for (size_t i = 0; i < list->n; i++) {
    const struct secret *secret = &list->secrets[i];

    if (ftps_reachable_leads_to(here, &secret->place)) {
      ftps_keyarea_mark(secret->area, secret->slot);
      is_any = true;
    }
  }

  return is_any;
}
