/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * tickets_shared_test.c: several hosts, one cache, and the time as an argument
 * (tickets/tickets_shared.h).
 *
 * The store is made here: a list of records that can be lost, not be reached,
 * or be faster than we are.
 */
#include "tickets/tickets_shared.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cache/cache.h"

#define HOUR    3600
#define AGE     (4 * HOUR)
#define START   ((int64_t) 1000 * HOUR)
#define ROOM    8
#define HOSTS   3
#define RECORDS 64

static struct {
  char name[64];
  unsigned char key[FTPS_TICKET_SECRET_SIZE];
  size_t len;
} records[RECORDS];
static size_t n_records, asked;
static bool is_down;
static unsigned int delay; /* of each answer, in ms */
static void (*before_add)(const char *name);

static size_t find_record(const char *name) {
  size_t i = 0;

  while (i < n_records && strcmp(records[i].name, name) != 0) {
    i++;
  }

  return i;
}

static void put(const char *name, const unsigned char *key, size_t len) {
  assert_true(n_records < RECORDS);
  (void) snprintf(records[n_records].name, sizeof(records[0].name), "%s", name);
  memcpy(records[n_records].key, key, len);
  records[n_records++].len = len;
}

enum ftps_cache_result ftps_cache_add_key(struct ftps_daemon *daemon,
    const char *name, const unsigned char *key, size_t len, time_t expires) {
  (void) daemon;
  asked++;
  ftps_clock_pause(delay);
  assert_true(expires > 0);
  if (is_down) {
    return FTPS_CACHE_UNAVAILABLE;
  }
  if (before_add != NULL) {
    before_add(name);
  }
  if (find_record(name) < n_records) {
    return FTPS_CACHE_MISS;
  }

  put(name, key, len);
  return FTPS_CACHE_OK;
}

enum ftps_cache_result ftps_cache_get_key(struct ftps_daemon *daemon,
    const char *name, unsigned char *key, size_t *len) {
  size_t i = find_record(name);

  (void) daemon;
  asked++;
  ftps_clock_pause(delay);
  if (is_down) {
    return FTPS_CACHE_UNAVAILABLE;
  }
  if (i == n_records || records[i].len > *len) {
    return FTPS_CACHE_MISS;
  }

  memcpy(key, records[i].key, records[i].len);
  *len = records[i].len;
  return FTPS_CACHE_OK;
}

static struct {
  struct ftps_tickets_sharing sharing;
  _Alignas(struct ftps_keyring) unsigned char memory[1024];
} hosts[HOSTS];

static struct ftps_keyring *ring_of(size_t host) {
  return (struct ftps_keyring *) (void *) hosts[host].memory;
}

static void restart(size_t host) {
  memset(&hosts[host], 0, sizeof(hosts[0]));
  hosts[host].sharing.age = AGE;
  ring_of(host)->room = ROOM;
}

static int start_all(void **state) {
  (void) state;
  assert_true(ftps_keyring_size(ROOM) <= sizeof(hosts[0].memory));
  for (size_t i = 0; i < HOSTS; i++) {
    restart(i);
  }
  n_records = asked = 0;
  is_down = false;
  delay = 0;
  before_add = NULL;
  return 0;
}

static void tick(size_t host, int64_t now) {
  assert_int_equal(ftps_tickets_share(ring_of(host), &hosts[host].sharing, now),
      0);
  assert_int_equal(hosts[host].sharing.is_reachable, !is_down);
}

static const unsigned char *current_of(size_t host, int64_t now) {
  const struct ftps_ticket_secret *secret =
      ftps_keyring_current(ring_of(host), now);

  assert_non_null(secret);
  return secret->bytes;
}

static bool is_same(size_t a, size_t b, int64_t now) {
  return memcmp(current_of(a, now), current_of(b, now),
             FTPS_TICKET_SECRET_SIZE) == 0;
}

static bool has(const struct ftps_keyring *ring, const unsigned char *secret) {
  for (size_t i = 0; i < ring->n; i++) {
    if (memcmp(ring->secrets[i].bytes, secret, FTPS_TICKET_SECRET_SIZE) == 0) {
      return true;
    }
  }
  return false;
}

/* Can `b` read the tickets that `a` hands out at this time? */
static bool can_read(size_t b, size_t a, int64_t now) {
  return has(ring_of(b), current_of(a, now));
}

static void all_have_the_same(void **state) {
  (void) state;
  for (size_t i = 0; i < HOSTS; i++) {
    tick(i, START + (int64_t) i);
  }
  assert_true(is_same(0, 1, START + 9) && is_same(0, 2, START + 9));
  assert_int_equal(n_records, 1);
}

static void the_next_is_there_early(void **state) {
  const int64_t ahead = START + HOUR + 100, behind = START + HOUR - 100;

  (void) state;
  tick(0, START);
  tick(1, START);
  tick(0, START + HOUR - FTPS_TICKETS_LEAD - 1);
  assert_int_equal(ring_of(0)->n, 1);
  tick(0, START + HOUR - FTPS_TICKETS_LEAD);
  tick(1, START + HOUR - FTPS_TICKETS_LEAD);
  assert_int_equal(ring_of(0)->n, 2);
  assert_memory_not_equal(current_of(0, ahead), current_of(1, behind),
      FTPS_TICKET_SECRET_SIZE);
  assert_true(can_read(1, 0, ahead));
  assert_true(is_same(0, 1, ahead));
}

/* A day at which host 1 is five minutes late and the cache forgets all. */
static void a_day_of_three_hosts(void **state) {
  (void) state;
  for (int64_t now = START; now < START + 24 * HOUR; now += 15) {
    if ((now - START) % (5 * HOUR) == 2 * HOUR) {
      n_records = 0;
    }
    tick(0, now);
    tick(1, now - 290);
    tick(2, now + 10);
    for (size_t i = 0; i < HOSTS && now > START + 300; i++) {
      assert_true(can_read(i, 0, now));
      assert_true(can_read(i, 1, now - 290));
      assert_true(can_read(i, 2, now + 10));
    }
    if (now >= START + 300 + AGE) {
      assert_true(ring_of(0)->n <= AGE / HOUR + 2);
    }
    if (n_records > RECORDS / 2) {
      n_records = 0;
    }
  }
}

static void puts_back_what_the_cache_lost(void **state) {
  (void) state;
  for (int64_t h = 0; h < 3; h++) {
    tick(0, START + h * HOUR);
  }
  n_records = 0;
  tick(0, START + 2 * HOUR + 15);
  assert_int_equal(n_records, 3);

  /* A host that comes now knows what was used before. */
  tick(1, START + 2 * HOUR + 16);
  assert_int_equal(ring_of(1)->n, 3);
  assert_true(is_same(0, 1, START + 2 * HOUR + 16));
}

static void goes_on_without_the_cache(void **state) {
  unsigned char before[FTPS_TICKET_SECRET_SIZE];

  (void) state;
  tick(0, START);
  memcpy(before, current_of(0, START), sizeof(before));
  is_down = true;
  asked = 0;
  tick(0, START + 2 * HOUR);
  assert_int_equal(asked, 1);
  assert_memory_equal(current_of(0, START + 2 * HOUR), before, sizeof(before));

  /* Expired: one of its own, which is wiped in its turn. */
  tick(0, START + AGE);
  assert_memory_not_equal(current_of(0, START + AGE), before, sizeof(before));
  assert_int_equal(ring_of(0)->n, 1);

  is_down = false;
  tick(0, START + AGE + 30);
  tick(1, START + AGE + 31);
  assert_true(is_same(0, 1, START + AGE + 31));
}

/* Two that began without the cache agree later, and read their own. */
static void agrees_afterwards(void **state) {
  unsigned char own[FTPS_TICKET_SECRET_SIZE];

  (void) state;
  is_down = true;
  tick(0, START);
  tick(1, START);
  assert_false(is_same(0, 1, START));
  memcpy(own, current_of(1, START), sizeof(own));
  is_down = false;
  tick(0, START + 15);
  tick(1, START + 15);
  assert_true(is_same(0, 1, START + 15));
  assert_true(has(ring_of(1), own));
}

static void is_faster(const char *name) {
  unsigned char key[FTPS_TICKET_SECRET_SIZE];

  before_add = NULL;
  memset(key, 'x', sizeof(key));
  put(name, key, sizeof(key));
}

static void takes_what_another_added(void **state) {
  (void) state;
  before_add = is_faster;
  tick(0, START);
  assert_int_equal(current_of(0, START)[5], 'x');
}

/* What is there cannot be used and cannot be replaced. */
static void is_not_misled_by_bad_records(void **state) {
  char name[64];

  (void) state;
  (void) snprintf(name, sizeof(name), "tickets/%d/%d", HOUR,
      (int) (START / HOUR));
  put(name, (const unsigned char *) "short", 5);
  tick(0, START);
  assert_int_equal(ring_of(0)->n, 1);
  tick(0, START + 15);
  assert_int_equal(ring_of(0)->n, 1);
}

/* Its clock was ahead by years, and is set right. */
static void gets_over_a_wrong_clock(void **state) {
  const int64_t wrong = START + (int64_t) 50000 * HOUR;

  (void) state;
  ring_of(0)->room = 3;
  for (int64_t h = 0; h < 3; h++) {
    tick(0, wrong + h * HOUR);
  }
  asked = 0;
  tick(0, START);
  assert_true(asked < 10);
  tick(1, START);
  assert_true(is_same(0, 1, START));
  tick(0, START + HOUR);
  tick(1, START + HOUR);
  assert_true(is_same(0, 1, START + HOUR));
  assert_int_equal(ring_of(0)->n, 2);
}

static void put_short(int64_t epoch) {
  char name[64];

  (void) snprintf(name, sizeof(name), "tickets/%d/%d", HOUR, (int) epoch);
  put(name, (const unsigned char *) "short", 5);
}

/* Each answer is in time, and there are many: the daemon waits for some of them
 * and gets the others at the next exchange.
 */
static void does_not_wait_for_a_slow_cache(void **state) {
  const int64_t due = START + HOUR - FTPS_TICKETS_LEAD;
  uint64_t begin, took, most = 0;

  (void) state;
  tick(1, START - 3 * HOUR);
  tick(1, due);
  delay = 100;
  for (int i = 0; i < 10; i++) {
    begin = ftps_clock_ms();
    tick(0, due + 15 * i);
    took = ftps_clock_ms() - begin;
    most = took > most ? took : most;
  }
  assert_true(most >= 100 && most <= 2 * FTPS_CACHE_DEADLINE_MS + 300);
  assert_true(is_same(0, 1, due) && is_same(0, 1, START + HOUR));

  /* Nothing in it can be used, and nothing is taken. */
  delay = FTPS_CACHE_DEADLINE_MS - 10;
  n_records = 0;
  put_short(START / HOUR - 1);
  put_short(START / HOUR);
  put_short(START / HOUR + 1);
  restart(0);
  begin = ftps_clock_ms();
  tick(0, due);
  took = ftps_clock_ms() - begin;
  assert_true(took >= delay && took <= 3 * FTPS_CACHE_DEADLINE_MS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(all_have_the_same, start_all),
    cmocka_unit_test_setup(the_next_is_there_early, start_all),
    cmocka_unit_test_setup(a_day_of_three_hosts, start_all),
    cmocka_unit_test_setup(puts_back_what_the_cache_lost, start_all),
    cmocka_unit_test_setup(goes_on_without_the_cache, start_all),
    cmocka_unit_test_setup(agrees_afterwards, start_all),
    cmocka_unit_test_setup(takes_what_another_added, start_all),
    cmocka_unit_test_setup(is_not_misled_by_bad_records, start_all),
    cmocka_unit_test_setup(gets_over_a_wrong_clock, start_all),
    cmocka_unit_test_setup(does_not_wait_for_a_slow_cache, start_all),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
