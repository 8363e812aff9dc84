/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * uses.c: see uses.h.
 */
#include "named/uses.h"

#include <stdatomic.h>

#include <openssl/crypto.h>

#include "base/pages.h"

/* A page that is written is one more to copy for others. */
#define NOTE_SECONDS 60U

struct entry {
  _Atomic uint32_t serial; /* 0: free */
  _Atomic uint32_t used;
};

struct ftps_uses {
  struct entry *entries; /* shared with all sessions */
  uint32_t last_serial;
};

struct ftps_uses *ftps_uses_new(void) {
  struct ftps_uses *uses = OPENSSL_zalloc(sizeof(*uses));

  if (uses == NULL) {
    return NULL;
  }

  uses->entries = ftps_pages_shared(FTPS_USES_MAX * sizeof(*uses->entries));
  if (uses->entries == NULL) {
    OPENSSL_free(uses);
    return NULL;
  }

  return uses;
}

void ftps_uses_free(struct ftps_uses *uses) {
  if (uses != NULL) {
    (void) munmap(uses->entries, FTPS_USES_MAX * sizeof(*uses->entries));
    OPENSSL_free(uses);
  }
}

static uint32_t find_best(const struct ftps_uses *uses, uint32_t now) {
  uint32_t best = 0, best_age = 0;

  for (uint32_t i = 0; i < FTPS_USES_MAX; i++) {
    const struct entry *entry = &uses->entries[i];
    uint32_t age = now - atomic_load(&entry->used);

    if (atomic_load(&entry->serial) == 0) {
      return i;
    }

    /* A time that has not come is a lie. */
    if (age > UINT32_MAX / 2) {
      return i;
    }
    if (age > best_age) {
      best = i;
      best_age = age;
    }
  }

  return best;
}

void ftps_uses_give(struct ftps_uses *uses, uint32_t now,
    struct ftps_use_place *place_out) {
  uint32_t index = find_best(uses, now);

  uses->last_serial += uses->last_serial == UINT32_MAX ? 2 : 1;
  place_out->index = index;
  place_out->serial = uses->last_serial;
  atomic_store(&uses->entries[index].used, now);
  atomic_store(&uses->entries[index].serial, uses->last_serial);
}

bool ftps_uses_has(const struct ftps_uses *uses,
    const struct ftps_use_place *place) {
  return place->serial != 0 && place->index < FTPS_USES_MAX &&
      atomic_load(&uses->entries[place->index].serial) == place->serial;
}

void ftps_uses_take_back(struct ftps_uses *uses,
    const struct ftps_use_place *place) {
  if (ftps_uses_has(uses, place)) {
    atomic_store(&uses->entries[place->index].serial, 0);
  }
}

bool ftps_uses_is_idle(const struct ftps_uses *uses,
    const struct ftps_use_place *place, uint32_t now) {
  return !ftps_uses_has(uses, place) ||
      now - atomic_load(&uses->entries[place->index].used) >=
      FTPS_USES_IDLE_SECONDS;
}

void ftps_uses_note(struct ftps_uses *uses, const struct ftps_use_place *place,
    uint32_t now) {
  if (ftps_uses_has(uses, place) &&
      now - atomic_load(&uses->entries[place->index].used) >= NOTE_SECONDS) {
    atomic_store(&uses->entries[place->index].used, now);
  }
}
