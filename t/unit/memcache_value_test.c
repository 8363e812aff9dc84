/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * memcache_value_test.c: the header of a value in memcached (memcache/value.h).
 */
#include "memcache/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const unsigned char sample[] = "mFT1"
                                      "\x01\x02\x03\x04\x05\x06\x07\x08"
                                      "\x00\x00\x00\x00\x71\x00\x00\x02"
                                      "\x00\x00\x00\x03"
                                      "abc";

#define SAMPLE_LEN (sizeof(sample) - 1)

static void test_round_trip(void **state) {
  struct ftps_value value = { .generation = UINT64_C(0x0102030405060708),
    .expires = 0x71000002,
    .len = 3 };
  unsigned char header[FTPS_VALUE_HEADER];

  (void) state;
  ftps_value_encode(&value, header);
  assert_memory_equal(header, sample, sizeof(header));

  memset(&value, 0, sizeof(value));
  assert_int_equal(ftps_value_decode(sample, SAMPLE_LEN, &value), 0);
  assert_true(value.generation == UINT64_C(0x0102030405060708));
  assert_int_equal(value.expires, 0x71000002);
  assert_int_equal(value.len, 3);
  assert_ptr_equal(value.data, sample + FTPS_VALUE_HEADER);
}

static void test_foreign(void **state) {
  unsigned char bytes[SAMPLE_LEN + 1];
  struct ftps_value value;

  (void) state;
  for (size_t len = 0; len < SAMPLE_LEN; len++) {
    assert_int_equal(ftps_value_decode(sample, len, &value), -1);
  }

  memcpy(bytes, sample, SAMPLE_LEN);
  bytes[SAMPLE_LEN] = 'd';
  assert_int_equal(ftps_value_decode(bytes, sizeof(bytes), &value), -1);

  for (size_t i = 0; i < 4; i++) {
    memcpy(bytes, sample, SAMPLE_LEN);
    bytes[i] ^= 1;
    assert_int_equal(ftps_value_decode(bytes, SAMPLE_LEN, &value), -1);
    memcpy(bytes, sample, SAMPLE_LEN);
    bytes[20 + i] ^= 0x80;
    assert_int_equal(ftps_value_decode(bytes, SAMPLE_LEN, &value), -1);
  }

  memcpy(bytes, sample, SAMPLE_LEN);
  bytes[12] = 0x80;
  assert_int_equal(ftps_value_decode(bytes, SAMPLE_LEN, &value), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = { cmocka_unit_test(test_round_trip),
    cmocka_unit_test(test_foreign) };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
