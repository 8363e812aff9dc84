/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * refusal_test.c: the table of refusals (base/refusal.h) is whole, and details
 * of any length and content stay within bounds.
 */
#include "base/refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_reason_has_its_row(void **state) {
  (void) state;
  for (size_t i = 1; i < FTPS_REFUSAL_COUNT; i++) {
    const struct ftps_refusal_row *row = ftps_refusal_row(i);

    assert_non_null(row->word);
    assert_int_equal(strspn(row->word, "abcdefghijklmnopqrstuvwxyz-"),
        strlen(row->word));
    assert_non_null(row->text);
    if (row->code != NULL) {
      assert_int_equal(strlen(row->code), 3);
      assert_int_equal(strspn(row->code, "0123456789"), 3);
      assert_true(row->text[0] != '\0');
    }
    for (size_t j = 1; j < i; j++) {
      assert_string_not_equal(row->word, ftps_refusal_row(j)->word);
    }
  }
}

static void what_is_no_reason_has_the_empty_row(void **state) {
  (void) state;
  assert_string_equal(ftps_refusal_row(FTPS_REFUSAL_COUNT)->word, "none");
  assert_string_equal(ftps_refusal_row((enum ftps_refusal) 9999)->word, "none");
}

static void a_detail_is_no_pattern(void **state) {
  char text[64], small[8];

  (void) state;
  ftps_refusal_write("PROT %s unsupported", "%n%s", text, sizeof(text));
  assert_string_equal(text, "PROT %n%s unsupported");
  ftps_refusal_write("PROT %s unsupported", NULL, text, sizeof(text));
  assert_string_equal(text, "PROT  unsupported");
  ftps_refusal_write("no place", "detail", text, sizeof(text));
  assert_string_equal(text, "no place");
  ftps_refusal_write("PROT %s unsupported", "X", small, sizeof(small));
  assert_string_equal(small, "PROT X ");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_reason_has_its_row),
    cmocka_unit_test(what_is_no_reason_has_the_empty_row),
    cmocka_unit_test(a_detail_is_no_pattern),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
