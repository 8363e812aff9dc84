/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * seal_test.c: values open in their own place, whole, and in time
 * (cache/seal.h).
 */
#include "cache/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define NOW    1000000
#define MAX    20000U
#define LENGTH 300U

static unsigned char secret[FTPS_SEAL_SECRET_SIZE] = "one secret";
static unsigned char host[FTPS_SEAL_HOST_SIZE] = "one host";
static unsigned char value[MAX], sealed[MAX + FTPS_SEAL_OVERHEAD], found[MAX];

static const struct ftps_seal own = { .secrets = secret,
  .count = 1,
  .use = 's',
  .host = host,
  .name = "name",
  .name_len = 4 };

static int make_value(void **state) {
  (void) state;
  for (size_t i = 0; i < MAX; i++) {
    value[i] = (unsigned char) (i * 7);
  }

  return 0;
}

static size_t open_at(const struct ftps_seal *seal, size_t len, time_t now) {
  memset(found, 0, sizeof(found));
  return ftps_seal_open(seal, sealed, len, now, found);
}

static void there_and_back(void **state) {
  static const size_t lengths[] = { 1, 15, 16, 17, 48, LENGTH, 16384 };

  (void) state;
  for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
    size_t n = ftps_seal_close(&own, value, lengths[i], NOW + 1, sealed);

    assert_int_equal(n, lengths[i] + FTPS_SEAL_OVERHEAD);
    assert_int_equal(open_at(&own, n, NOW), lengths[i]);
    assert_memory_equal(found, value, lengths[i]);
  }

  assert_int_equal(ftps_seal_close(&own, value, 0, NOW + 1, sealed), 0);
}

static void its_time(void **state) {
  size_t n = ftps_seal_close(&own, value, LENGTH, NOW, sealed);

  (void) state;
  assert_int_equal(open_at(&own, n, NOW - 1), LENGTH);
  assert_int_equal(open_at(&own, n, NOW), 0);
  assert_int_equal(open_at(&own, n, NOW + 1), 0);
  assert_int_equal(open_at(&own, n, -1), 0);

  n = ftps_seal_close(&own, value, LENGTH, -5, sealed);
  assert_int_equal(open_at(&own, n, 0), 0);
}

static void its_place(void **state) {
  unsigned char other[FTPS_SEAL_SECRET_SIZE] = "another";
  struct ftps_seal seals[5] = { own, own, own, own, own };
  size_t n = ftps_seal_close(&own, value, LENGTH, NOW + 1, sealed);

  (void) state;
  seals[0].secrets = other;
  seals[1].use = 'o';
  seals[2].host = other;
  seals[3].name = "nam";
  seals[3].name_len = 3;
  seals[4].name = "eman";
  for (size_t i = 0; i < 5; i++) {
    assert_int_equal(open_at(&seals[i], n, NOW), 0);
  }
  assert_int_equal(open_at(&own, n, NOW), LENGTH);
}

/* The first secret seals, and all of them open. */
static void several_secrets(void **state) {
  unsigned char both[2 * FTPS_SEAL_SECRET_SIZE] = "a new secret";
  struct ftps_seal seal = own;
  size_t n = ftps_seal_close(&own, value, LENGTH, NOW + 1, sealed);

  (void) state;
  memcpy(both + FTPS_SEAL_SECRET_SIZE, secret, FTPS_SEAL_SECRET_SIZE);
  seal.secrets = both;
  assert_int_equal(open_at(&seal, n, NOW), 0);
  seal.count = 2;
  assert_int_equal(open_at(&seal, n, NOW), LENGTH);
  assert_memory_equal(found, value, LENGTH);

  n = ftps_seal_close(&seal, value, LENGTH, NOW + 1, sealed);
  assert_int_equal(open_at(&own, n, NOW), 0);
  assert_int_equal(open_at(&seal, n, NOW), LENGTH);
  seal.count = 0;
  assert_int_equal(open_at(&seal, n, NOW), 0);
}

static void long_names(void **state) {
  static const char name[256] = "a";
  struct ftps_seal seal = own;
  size_t n;

  (void) state;
  seal.name = name;
  seal.name_len = 255;
  n = ftps_seal_close(&seal, value, LENGTH, NOW + 1, sealed);
  assert_int_equal(open_at(&seal, n, NOW), LENGTH);
  seal.name_len = 256;
  assert_int_equal(ftps_seal_close(&seal, value, LENGTH, NOW + 1, sealed), 0);
}

static void every_bit(void **state) {
  static const unsigned char nothing[LENGTH];
  size_t n = ftps_seal_close(&own, value, LENGTH, NOW + 1, sealed);

  (void) state;
  for (size_t bit = 0; bit < 8 * n; bit++) {
    sealed[bit / 8] ^= (unsigned char) (1U << bit % 8);
    assert_int_equal(open_at(&own, n, NOW), 0);
    assert_memory_equal(found, nothing, LENGTH);
    sealed[bit / 8] ^= (unsigned char) (1U << bit % 8);
  }

  for (size_t len = 0; len < n; len++) {
    assert_int_equal(open_at(&own, len, NOW), 0);
  }
  assert_int_equal(open_at(&own, n + 1, NOW), 0);
  assert_int_equal(open_at(&own, n, NOW), LENGTH);
}

static void never_the_same(void **state) {
  unsigned char before[LENGTH + FTPS_SEAL_OVERHEAD];

  (void) state;
  (void) ftps_seal_close(&own, value, LENGTH, NOW, before);
  (void) ftps_seal_close(&own, value, LENGTH, NOW, sealed);
  assert_memory_not_equal(before + 41, sealed + 41, LENGTH);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(there_and_back),
    cmocka_unit_test(its_time),
    cmocka_unit_test(its_place),
    cmocka_unit_test(several_secrets),
    cmocka_unit_test(long_names),
    cmocka_unit_test(every_bit),
    cmocka_unit_test(never_the_same),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, make_value, NULL);
}
