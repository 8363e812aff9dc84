/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * health.c: see health.h.
 *
 * Made once and never unmapped: sessions count in it also after a reload.
 */
#include "cache/health.h"

#include <stdatomic.h>

#include "base/pages.h"

struct tally {
  _Atomic uint64_t counts[FTPS_HEALTH_KINDS];
  _Atomic uint64_t failing_since; /* ms; 0: it answers */
  _Atomic uint64_t ask_again;     /* ms; 0: at any time */
  _Atomic uint64_t failing_ms;    /* of all earlier failures */
};

struct ftps_health {
  struct tally of[FTPS_HEALTH_CACHES];
};

struct ftps_health *ftps_health_new(void) {
  return ftps_pages_shared(sizeof(struct ftps_health));
}

void ftps_health_count(struct ftps_health *health, size_t cache,
    enum ftps_health_kind kind) {
  if (health != NULL) {
    (void) atomic_fetch_add(&health->of[cache].counts[kind], 1);
  }
}

uint64_t ftps_health_get(const struct ftps_health *health, size_t cache,
    enum ftps_health_kind kind) {
  return health != NULL ? atomic_load(&health->of[cache].counts[kind]) : 0;
}

bool ftps_health_may_ask(struct ftps_health *health, size_t cache,
    uint64_t now) {
  uint64_t again;

  if (health == NULL) {
    return true;
  }

  again = atomic_load(&health->of[cache].ask_again);
  if (again == 0) {
    return true;
  }
  if (now < again && again - now <= FTPS_HEALTH_BACK_OFF_MS) {
    return false;
  }

  return atomic_compare_exchange_strong(&health->of[cache].ask_again, &again,
      now + FTPS_HEALTH_BACK_OFF_MS);
}

void ftps_health_answered(struct ftps_health *health, size_t cache,
    uint64_t now) {
  uint64_t since;

  if (health == NULL || atomic_load(&health->of[cache].ask_again) == 0) {
    return;
  }

  atomic_store(&health->of[cache].ask_again, 0);
  since = atomic_exchange(&health->of[cache].failing_since, 0);
  if (since != 0 && since < now) {
    (void) atomic_fetch_add(&health->of[cache].failing_ms, now - since);
  }
}

void ftps_health_failed(struct ftps_health *health, size_t cache,
    uint64_t asked, uint64_t now) {
  uint64_t never = 0;

  ftps_health_count(health, cache, FTPS_HEALTH_ERROR);
  if (health != NULL) {
    (void) atomic_compare_exchange_strong(&health->of[cache].failing_since,
        &never, asked);
    atomic_store(&health->of[cache].ask_again, now + FTPS_HEALTH_BACK_OFF_MS);
  }
}

bool ftps_health_is_failing(const struct ftps_health *health, size_t cache) {
  return health != NULL && atomic_load(&health->of[cache].failing_since) != 0;
}

uint64_t ftps_health_failing_ms(const struct ftps_health *health, size_t cache,
    uint64_t now) {
  uint64_t since, total;

  if (health == NULL) {
    return 0;
  }

  total = atomic_load(&health->of[cache].failing_ms);
  since = atomic_load(&health->of[cache].failing_since);
  return since != 0 && since < now ? total + (now - since) : total;
}
