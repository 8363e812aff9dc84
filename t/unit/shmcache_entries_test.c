/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * shmcache_entries_test.c: entries in shared memory (shmcache/entries.h):
 * against a model, with a clock that is passed in, and on areas full of
 * garbage.
 *
 * Areas are allocated to the byte, so that sanitizers see every step outside.
 */
#include "shmcache/entries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define NOW 1000000
#define FAR (NOW + 1000)

/* Head and slots: where a wrong byte could lead somewhere. */
#define TABLES 10784U

static const unsigned char secret[FTPS_SHM_SECRET_SIZE] = "0123456789abcde";
static unsigned char value[FTPS_SHM_MAX_VALUE + 1];
static unsigned char room[FTPS_SHM_MAX_VALUE];

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t n) {
  random_state = random_state * 1664525U + 1013904223U;
  return (random_state >> 8) % n;
}

static void make(struct ftps_shm_store *store, uint32_t n_stripes) {
  unsigned char *area = calloc(n_stripes, FTPS_SHM_STRIPE_SIZE);

  assert_non_null(area);
  assert_int_equal(ftps_shm_store_init(store, area, n_stripes, secret), 0);
}

static void unmake(struct ftps_shm_store *store) {
  free(store->area);
  ftps_shm_store_release(store);
}

static struct ftps_shm_place place_of(const struct ftps_shm_store *store,
    const struct ftps_shm_entry *entry) {
  struct ftps_shm_place place;

  assert_int_equal(ftps_shm_store_place(store, entry->key, entry->key_len,
                       &place),
      0);
  assert_true(place.stripe < store->n_stripes);
  return place;
}

/* Keys are numbers; values are made of the number and a version. */
static void make_entry(struct ftps_shm_entry *entry, const uint32_t *number,
    size_t value_len, uint64_t expires) {
  entry->key = (const unsigned char *) number;
  entry->key_len = sizeof(*number);
  entry->value = value;
  entry->value_len = value_len;
  entry->expires = expires;
}

static bool put(struct ftps_shm_store *store, uint32_t number, size_t len,
    uint64_t expires, time_t now) {
  struct ftps_shm_entry entry;

  make_entry(&entry, &number, len, expires);
  return ftps_shm_store_put(store, place_of(store, &entry), &entry, now);
}

/* The length, or -1. */
static long get(const struct ftps_shm_store *store, uint32_t number,
    time_t now) {
  struct ftps_shm_entry entry;

  make_entry(&entry, &number, sizeof(room), 0);
  if (!ftps_shm_store_get(store, place_of(store, &entry), &entry, room, now)) {
    return -1;
  }
  return (long) entry.value_len;
}

static bool del(struct ftps_shm_store *store, uint32_t number, time_t now) {
  struct ftps_shm_entry entry;

  make_entry(&entry, &number, 0, 0);
  return ftps_shm_store_del(store, place_of(store, &entry), &entry, now);
}

static bool has(struct ftps_shm_store *store, uint32_t number, time_t now) {
  struct ftps_shm_entry entry;

  make_entry(&entry, &number, 0, 0);
  return ftps_shm_store_has(store, place_of(store, &entry), &entry, now);
}

static struct ftps_shm_counts count(const struct ftps_shm_store *store,
    time_t now) {
  struct ftps_shm_entry all = { 0 };
  struct ftps_shm_counts counts;

  memset(&counts, 0, sizeof(counts));
  all.key = value;
  for (uint32_t i = 0; i < store->n_stripes; i++) {
    ftps_shm_store_count(store, i, &all, now, &counts);
  }
  return counts;
}

static void stores_and_finds(void **state) {
  struct ftps_shm_store store;

  (void) state;
  make(&store, 4);
  assert_int_equal(get(&store, 1, NOW), -1);
  memset(value, 'a', 300);
  assert_true(put(&store, 1, 300, FAR, NOW));
  assert_true(put(&store, 2, 0, FAR, NOW));
  assert_int_equal(get(&store, 1, NOW), 300);
  assert_memory_equal(room, value, 300);
  assert_int_equal(get(&store, 2, NOW), 0);
  assert_int_equal(get(&store, 3, NOW), -1);
  assert_true(has(&store, 2, NOW));
  assert_false(has(&store, 3, NOW));

  memset(value, 'b', 200);
  assert_true(put(&store, 1, 200, FAR, NOW));
  assert_int_equal(get(&store, 1, NOW), 200);
  assert_memory_equal(room, value, 200);
  assert_int_equal(count(&store, NOW).entries, 2);

  assert_true(del(&store, 1, NOW));
  assert_false(del(&store, 1, NOW));
  assert_int_equal(get(&store, 1, NOW), -1);
  assert_int_equal(get(&store, 2, NOW), 0);
  assert_int_equal(count(&store, NOW).entries, 1);
  unmake(&store);
}

static void respects_sizes(void **state) {
  struct ftps_shm_store store;
  struct ftps_shm_entry entry;
  uint32_t number = 1;

  (void) state;
  make(&store, 1);
  assert_true(put(&store, 1, FTPS_SHM_MAX_VALUE, FAR, NOW));
  assert_int_equal(get(&store, 1, NOW), FTPS_SHM_MAX_VALUE);
  assert_false(put(&store, 2, FTPS_SHM_MAX_VALUE + 1, FAR, NOW));
  assert_int_equal(get(&store, 1, NOW), FTPS_SHM_MAX_VALUE);

  make_entry(&entry, &number, FTPS_SHM_MAX_VALUE - 1, 0);
  assert_false(
      ftps_shm_store_get(&store, place_of(&store, &entry), &entry, room, NOW));

  make_entry(&entry, &number, 1, FAR);
  entry.key_len = 0;
  assert_false(
      ftps_shm_store_put(&store, place_of(&store, &entry), &entry, NOW));
  entry.key = value;
  entry.key_len = FTPS_SHM_MAX_KEY + 1;
  assert_false(
      ftps_shm_store_put(&store, place_of(&store, &entry), &entry, NOW));
  entry.key_len = FTPS_SHM_MAX_KEY;
  assert_true(
      ftps_shm_store_put(&store, place_of(&store, &entry), &entry, NOW));
  unmake(&store);
}

static void spreads_keys(void **state) {
  struct ftps_shm_store store, other;
  struct ftps_shm_entry entry;
  unsigned int hits[16] = { 0 }, same = 0;

  (void) state;
  make(&store, 16);
  make(&other, 16);
  other.secret[0] ^= 1;
  for (uint32_t number = 0; number < 8000; number++) {
    make_entry(&entry, &number, 0, 0);
    hits[place_of(&store, &entry).stripe]++;
    same += place_of(&store, &entry).tag == place_of(&other, &entry).tag;
  }
  for (size_t i = 0; i < 16; i++) {
    assert_true(hits[i] >= 400 && hits[i] <= 600);
  }
  assert_true(same <= 1);
  unmake(&store);
  unmake(&other);
}

static void expires_by_the_clock(void **state) {
  struct ftps_shm_store store;

  (void) state;
  make(&store, 1);
  assert_true(put(&store, 1, 10, NOW + 5, NOW));
  assert_int_equal(get(&store, 1, NOW + 4), 10);
  assert_int_equal(get(&store, 1, NOW + 5), -1);
  assert_false(has(&store, 1, NOW + 5));
  assert_false(del(&store, 1, NOW + 5));
  assert_int_equal(get(&store, 1, NOW + 4), -1);
  assert_true(put(&store, 2, 10, (uint64_t) 1 << 40, NOW));
  assert_int_equal(get(&store, 2, (time_t) 0xffffffffLL + 1), 10);
  unmake(&store);
}

/* Those that live long came first, and stay as long as others have expired. */
static void drops_the_expired_first(void **state) {
  struct ftps_shm_store store;

  (void) state;
  make(&store, 1);
  for (uint32_t i = 0; i < 40; i++) {
    assert_true(put(&store, i, 1000, FAR, NOW));
  }
  for (uint32_t i = 40; i < 110; i++) {
    assert_true(put(&store, i, 1000, NOW + 5, NOW));
  }
  for (uint32_t i = 110; i < 160; i++) {
    assert_true(put(&store, i, 1000, FAR, NOW + 6));
  }
  for (uint32_t i = 0; i < 160; i++) {
    assert_int_equal(get(&store, i, NOW + 6), i < 40 || i >= 110 ? 1000 : -1);
  }
  assert_int_equal(count(&store, NOW + 6).evictions, 0);
  assert_int_equal(count(&store, NOW + 6).expired, 70);
  unmake(&store);
}

static void drops_the_oldest_then(void **state) {
  static const size_t sizes[] = { 20, 300, 1500, 30000 };
  struct ftps_shm_store store;

  (void) state;
  for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
    uint32_t first = 0, n = 2000;

    make(&store, 1);
    for (uint32_t i = 0; i < n; i++) {
      assert_true(put(&store, i, sizes[s], FAR, NOW));
      assert_int_equal(get(&store, i, NOW), sizes[s]);
    }
    while (get(&store, first, NOW) < 0) {
      first++;
    }
    for (uint32_t i = first; i < n; i++) {
      assert_int_equal(get(&store, i, NOW), sizes[s]);
    }
    assert_int_equal(count(&store, NOW).entries, n - first);
    assert_int_equal(count(&store, NOW).evictions, first);
    assert_true((n - first) * (sizes[s] + 4) > 60000 || n - first > 380);
    unmake(&store);
  }
}

static void clears_by_prefix(void **state) {
  static const unsigned char a[] = "a", keys[][3] = { "a1", "a2", "b1", "b2" };
  struct ftps_shm_store store;
  struct ftps_shm_entry entry = { 0 }, prefix = { 0 };
  size_t n = 0;

  (void) state;
  make(&store, 3);
  for (size_t i = 0; i < 4; i++) {
    entry.key = keys[i];
    entry.key_len = 2;
    entry.expires = i == 1 ? NOW : FAR;
    entry.value = value;
    entry.value_len = 7;
    assert_true(
        ftps_shm_store_put(&store, place_of(&store, &entry), &entry, NOW));
  }

  prefix.key = a;
  prefix.key_len = 1;
  for (uint32_t i = 0; i < 3; i++) {
    n += ftps_shm_store_clear(&store, i, &prefix, NOW);
  }
  assert_int_equal(n, 1);
  assert_int_equal(count(&store, NOW).entries, 2);
  for (size_t i = 0; i < 4; i++) {
    entry.key = keys[i];
    assert_int_equal(ftps_shm_store_has(&store, place_of(&store, &entry),
                         &entry, NOW),
        i >= 2);
  }
  unmake(&store);
}

struct model {
  size_t len;
  uint64_t expires;
  bool there;
  unsigned char byte;
};

#define N_MODEL 60U

static void check_model(const struct ftps_shm_store *store,
    const struct model *model, uint32_t i, time_t now) {
  long len = get(store, i, now);

  if (!model->there || model->expires <= (uint64_t) now) {
    assert_int_equal(len, -1);
    return;
  }

  assert_int_equal(len, model->len);
  for (size_t j = 0; j < model->len; j++) {
    assert_int_equal(room[j], model->byte);
  }
}

/* 60 entries of at most 1,000 bytes always have room. */
static void is_like_its_model(void **state) {
  struct model model[N_MODEL] = { 0 };
  struct ftps_shm_store store;
  time_t now = NOW;

  (void) state;
  make(&store, 1);
  for (int step = 0; step < 60000; step++) {
    uint32_t i = random_below(N_MODEL);
    struct model *m = &model[i];

    now += random_below(20) == 0 ? 1 : 0;
    if (random_below(3) == 0) {
      bool there = m->there && m->expires > (uint64_t) now;

      assert_int_equal(has(&store, i, now), there);
      assert_int_equal(del(&store, i, now), there);
      m->there = false;
    } else {
      m->there = true;
      m->len = random_below(1000);
      m->byte = (unsigned char) step;
      m->expires = (uint64_t) now + random_below(100);
      memset(value, m->byte, m->len);
      assert_true(put(&store, i, m->len, m->expires, now));
    }
    check_model(&store, m, i, now);
    i = random_below(N_MODEL);
    check_model(&store, &model[i], i, now);
  }
  for (uint32_t i = 0; i < N_MODEL; i++) {
    check_model(&store, &model[i], i, now);
  }
  assert_int_equal(count(&store, now).evictions, 0);
  unmake(&store);
}

static void empties_what_was_being_changed(void **state) {
  struct ftps_shm_store store;

  (void) state;
  make(&store, 1);
  assert_true(put(&store, 1, 10, FAR, NOW));
  store.area[0] = 1;
  assert_int_equal(get(&store, 1, NOW), -1);
  assert_false(has(&store, 1, NOW));
  assert_int_equal(count(&store, NOW).entries, 0);
  assert_true(put(&store, 2, 10, FAR, NOW));
  assert_int_equal(get(&store, 1, NOW), -1);
  assert_int_equal(get(&store, 2, NOW), 10);
  assert_int_equal(store.area[0], 0);
  unmake(&store);
}

/* Whatever the area says, nothing is read or written outside, and what is put
 * in is found.
 */
static void use_hostile(struct ftps_shm_store *store) {
  struct ftps_shm_entry entry, prefix = { 0 };
  uint32_t number = random_below(200);
  struct ftps_shm_counts counts;

  (void) get(store, number, NOW);
  (void) has(store, number, NOW);
  (void) del(store, random_below(200), NOW);
  assert_true(put(store, number, 900, FAR, NOW));
  assert_int_equal(get(store, number, NOW), 900);
  assert_true(put(store, 1000, 40000, FAR, NOW));
  assert_int_equal(get(store, 1000, NOW), 40000);

  counts = count(store, NOW);
  assert_true(counts.entries > 0);
  for (uint32_t i = 0; ftps_shm_store_entry(store, 0, i, &entry) >= 0; i++) {
    assert_true(i <= 1000);
  }
  prefix.key = value;
  prefix.key_len = random_below(2);
  (void) ftps_shm_store_clear(store, 0, &prefix, NOW);
}

static void fill(struct ftps_shm_store *store) {
  memset(store->area, 0, FTPS_SHM_STRIPE_SIZE);
  for (uint32_t i = 0; i < 200; i++) {
    assert_true(put(store, i, 500, i % 3 == 0 ? NOW : FAR, NOW - 1));
  }
}

static void survives_each_wrong_byte(void **state) {
  struct ftps_shm_store store;
  unsigned char *whole = malloc(FTPS_SHM_STRIPE_SIZE);

  (void) state;
  make(&store, 1);
  fill(&store);
  assert_non_null(whole);
  memcpy(whole, store.area, FTPS_SHM_STRIPE_SIZE);
  for (size_t i = 0; i < TABLES; i += i < 400 ? 1 : 7) {
    memcpy(store.area, whole, FTPS_SHM_STRIPE_SIZE);
    store.area[i] ^= (unsigned char) (1U << (i % 8) | 0x80U);
    use_hostile(&store);
  }
  free(whole);
  unmake(&store);
}

static void survives_garbage(void **state) {
  struct ftps_shm_store store;

  (void) state;
  make(&store, 1);
  for (int round = 0; round < 600; round++) {
    uint32_t n = random_below(460), used = random_below(125000), zero = 0;

    if (round % 2 == 0) {
      fill(&store);
    }
    for (size_t i = 32; i < (round % 3 == 0 ? FTPS_SHM_STRIPE_SIZE : TABLES);
         i++) {
      if (round % 2 == 1 || random_below(50) == 0) {
        store.area[i] = (unsigned char) random_below(256);
      }
    }
    memcpy(store.area, &zero, sizeof(zero));
    memcpy(store.area + 4, &n, sizeof(n));
    memcpy(store.area + 8, &used, sizeof(used));
    use_hostile(&store);
    use_hostile(&store);
  }
  unmake(&store);
}

/* Each slot by itself is sound, and together they are more than a stripe. */
static void survives_overlaps(void **state) {
  struct ftps_shm_store store;
  uint32_t n = 448, used = 100000, offset = 10, len = 65000;
  uint16_t key_len = 8;
  uint64_t expires = FAR;

  (void) state;
  make(&store, 1);
  for (size_t i = 0; i < n; i++) {
    unsigned char *slot = store.area + 32 + i * 24;

    memcpy(slot + 4, &offset, sizeof(offset));
    memcpy(slot + 8, &expires, sizeof(expires));
    memcpy(slot + 16, &len, sizeof(len));
    memcpy(slot + 20, &key_len, sizeof(key_len));
  }
  memcpy(store.area + 4, &n, sizeof(n));
  memcpy(store.area + 8, &used, sizeof(used));
  use_hostile(&store);
  unmake(&store);
}

/* The first found would be another than the last put. */
static void survives_twins(void **state) {
  struct ftps_shm_store store;
  uint32_t n = 2;

  (void) state;
  make(&store, 1);
  assert_true(put(&store, 1, 10, FAR, NOW));
  memcpy(store.area + 32 + 24, store.area + 32, 24);
  memcpy(store.area + 4, &n, sizeof(n));
  assert_true(put(&store, 1, 20, FAR, NOW));
  assert_int_equal(get(&store, 1, NOW), 20);
  assert_true(del(&store, 1, NOW));
  assert_int_equal(get(&store, 1, NOW), -1);
  unmake(&store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(stores_and_finds),
    cmocka_unit_test(respects_sizes),
    cmocka_unit_test(spreads_keys),
    cmocka_unit_test(expires_by_the_clock),
    cmocka_unit_test(drops_the_expired_first),
    cmocka_unit_test(drops_the_oldest_then),
    cmocka_unit_test(clears_by_prefix),
    cmocka_unit_test(is_like_its_model),
    cmocka_unit_test(empties_what_was_being_changed),
    cmocka_unit_test(survives_each_wrong_byte),
    cmocka_unit_test(survives_garbage),
    cmocka_unit_test(survives_overlaps),
    cmocka_unit_test(survives_twins),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
