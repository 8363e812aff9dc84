/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * health_fuzz.c: the page of counts and back-offs (cache/health.h), to which
 * every session can write.  The input is what one wrote there.  Whatever it is,
 * a cache is asked again when one back-off is over, and a failure counts.
 */
#include "cache/health.h"

#include <string.h>

#include "t/fuzz/fuzz.h"

#define PAGE_SIZE 256 /* the structure is a little smaller, the page larger */

static void use(struct ftps_health *health, size_t cache, uint64_t now) {
  if (!ftps_health_may_ask(health, cache, now)) {
    CHECK(ftps_health_may_ask(health, cache, now + FTPS_HEALTH_BACK_OFF_MS));
  }
  for (int kind = 0; kind < FTPS_HEALTH_KINDS; kind++) {
    (void) ftps_health_get(health, cache, (enum ftps_health_kind) kind);
  }
  (void) ftps_health_failing_ms(health, cache, now);

  ftps_health_failed(health, cache, now, now + 1);
  CHECK(ftps_health_is_failing(health, cache));
  CHECK(!ftps_health_may_ask(health, cache, now + 2));
  CHECK(ftps_health_may_ask(health, cache, now + 1 + FTPS_HEALTH_BACK_OFF_MS));
  ftps_health_answered(health, cache, now + 2);
  CHECK(!ftps_health_is_failing(health, cache));
  CHECK(ftps_health_may_ask(health, cache, now + 3));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct ftps_health *health;
  uint64_t now = 0;

  if (health == NULL) {
    health = ftps_health_new();
    CHECK(health != NULL);
  }
  if (size < sizeof(now)) {
    return 0;
  }

  /* Any time but those at which the clock overflows. */
  memcpy(&now, data, sizeof(now));
  now = 1 + (now >> 1);
  data += sizeof(now);
  size -= sizeof(now);
  memset(health, 0, PAGE_SIZE);
  memcpy(health, data, size < PAGE_SIZE ? size : PAGE_SIZE);
  for (size_t cache = 0; cache < FTPS_HEALTH_CACHES; cache++) {
    use(health, cache, now);
  }
  return 0;
}
