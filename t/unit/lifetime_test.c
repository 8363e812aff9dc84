/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * lifetime_test.c: when a ticket has to be replaced (conn/lifetime.h).
 */
#include "conn/lifetime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HALF INT64_C(43200)

static void fresh_for_half_a_day(void **state) {
  static const struct {
    int64_t made, now;
    bool is_stale;
  } rows[] = {
    { 0, 0, false },
    { 1000, 1000, false },
    { 1000, 1001, false },
    { 1000, 1000 + HALF, false },
    { 1000, 1001 + HALF, true },
    { 1000, 1000 + 14 * HALF, true },
    { 1000, 999, true },
    { 1000, 0, true },
    { 0, INT64_MAX, true },
    { INT64_C(0x7fffffff), INT64_C(0x80000000), false },
  };

  (void) state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    assert_int_equal(ftps_lifetime_is_stale(rows[i].made, rows[i].now),
        rows[i].is_stale);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(fresh_for_half_a_day),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
