/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * health.c: see health.h.
 *
 * Made once and never unmapped: sessions go on counting in it through restarts.
 */
#include "cache/health.h"

#include <stdatomic.h>
#include <sys/mman.h>

struct tally {
  _Atomic uint64_t counts[FTPS_HEALTH_KINDS];
  _Atomic uint64_t failing_since; /* ms; 0: it answers */
  _Atomic uint64_t ask_again;     /* ms; 0: at any time */
  _Atomic uint64_t failing_ms;    /* of what is over */
};

static struct tally *page;

int ftps_health_init(void) {
  void *mapping;

  if (page != NULL) {
    return 0;
  }

  mapping = mmap(NULL, FTPS_HEALTH_CACHES * sizeof(*page),
      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) {
    return -1;
  }

  page = mapping;
  return 0;
}

void ftps_health_count(size_t cache, enum ftps_health_kind kind) {
  if (page != NULL) {
    (void) atomic_fetch_add(&page[cache].counts[kind], 1);
  }
}

uint64_t ftps_health_get(size_t cache, enum ftps_health_kind kind) {
  return page != NULL ? atomic_load(&page[cache].counts[kind]) : 0;
}

bool ftps_health_may_ask(size_t cache, uint64_t now) {
  uint64_t again;

  if (page == NULL) {
    return true;
  }

  again = atomic_load(&page[cache].ask_again);
  if (again == 0) {
    return true;
  }
  if (now < again && again - now <= FTPS_HEALTH_BACK_OFF_MS) {
    return false;
  }

  return atomic_compare_exchange_strong(&page[cache].ask_again, &again,
      now + FTPS_HEALTH_BACK_OFF_MS);
}

void ftps_health_answered(size_t cache, uint64_t now) {
  uint64_t since;

  if (page == NULL || atomic_load(&page[cache].ask_again) == 0) {
    return;
  }

  atomic_store(&page[cache].ask_again, 0);
  since = atomic_exchange(&page[cache].failing_since, 0);
  if (since != 0 && since < now) {
    (void) atomic_fetch_add(&page[cache].failing_ms, now - since);
  }
}

void ftps_health_failed(size_t cache, uint64_t asked, uint64_t now) {
  uint64_t never = 0;

  ftps_health_count(cache, FTPS_HEALTH_ERROR);
  if (page != NULL) {
    (void) atomic_compare_exchange_strong(&page[cache].failing_since, &never,
        asked);
    atomic_store(&page[cache].ask_again, now + FTPS_HEALTH_BACK_OFF_MS);
  }
}

bool ftps_health_is_failing(size_t cache) {
  return page != NULL && atomic_load(&page[cache].failing_since) != 0;
}

uint64_t ftps_health_failing_ms(size_t cache, uint64_t now) {
  uint64_t since, total;

  if (page == NULL) {
    return 0;
  }

  total = atomic_load(&page[cache].failing_ms);
  since = atomic_load(&page[cache].failing_since);
  return since != 0 && since < now ? total + (now - since) : total;
}
