/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * shmcache_entries_fuzz.c: the area of the shared-memory cache
 * (shmcache/entries.c), into which any session can write.  The input is what
 * one wrote into a stripe; then everything is done to it.  What was put last
 * is found.
 */
#include "shmcache/entries.h"

#include <string.h>

#include "t/fuzz/fuzz.h"

#define NOW 1000000

static _Alignas(8) unsigned char area[FTPS_SHM_STRIPE_SIZE];

static void use(struct ftps_shm_store *store) {
  static unsigned char room[FTPS_SHM_MAX_VALUE];
  struct ftps_shm_entry entry = { .key = (const unsigned char *) "key",
    .key_len = 3,
    .value = (const unsigned char *) "value",
    .value_len = 5,
    .expires = NOW + 60 };
  struct ftps_shm_entry wanted = entry, any = { .key = entry.key };
  struct ftps_shm_counts counts = { 0 };
  struct ftps_shm_place place;

  CHECK(ftps_shm_store_place(store, entry.key, entry.key_len, &place) == 0);
  wanted.value_len = sizeof(room);
  (void) ftps_shm_store_get(store, place, &wanted, room, NOW);
  ftps_shm_store_count(store, 0, &any, NOW, &counts);
  for (uint32_t i = 0; ftps_shm_store_entry(store, 0, i, &any) >= 0; i++) {
    CHECK(i < FTPS_SHM_STRIPE_SIZE);
  }

  CHECK(ftps_shm_store_put(store, place, &entry, NOW));
  wanted.value_len = sizeof(room);
  CHECK(ftps_shm_store_get(store, place, &wanted, room, NOW));
  CHECK(wanted.value_len == 5 && memcmp(room, "value", 5) == 0);
  CHECK(ftps_shm_store_del(store, place, &entry, NOW));
  CHECK(!ftps_shm_store_has(store, place, &entry, NOW));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const unsigned char secret[FTPS_SHM_SECRET_SIZE];
  struct ftps_shm_store store;

  memset(area, 0, sizeof(area));
  memcpy(area, data, size < sizeof(area) ? size : sizeof(area));
  CHECK(ftps_shm_store_init(&store, area, 1, secret) == 0);
  use(&store);
  ftps_shm_store_release(&store);
  return 0;
}
