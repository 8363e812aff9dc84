/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * counts_test.c: counters of several processes, tables that are full, no
 * memory.
 */
#include "counts/counts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 8
#define TIMES     1000

static void test_processes(void **state) {
  struct ftps_counts *counts = ftps_counts_new();
  struct ftps_counts_handshake handshake = { .channel = FTPS_COUNTS_DATA,
    .version = ftps_counts_version_of(0x0304),
    .resumed = FTPS_RESUMED_TICKET,
    .suite = 0x1301,
    .group = 0x001d };
  unsigned int id;
  uint64_t n;

  (void) state;
  assert_non_null(counts);
  for (int i = 0; i < PROCESSES; i++) {
    if (fork() == 0) {
      for (int k = 0; k < TIMES; k++) {
        ftps_counts_add_handshake(counts, &handshake);
        ftps_counts_add_refusal(counts, FTPS_REFUSAL_DATA);
        ftps_counts_add(counts, FTPS_COUNTS_DATA_IN, 10);
      }
      _exit(0);
    }
  }
  while (wait(NULL) > 0) {
  }

  assert_int_equal(ftps_counts_handshakes(counts, &handshake),
      PROCESSES * TIMES);
  assert_int_equal(ftps_counts_refusals(counts, FTPS_REFUSAL_DATA),
      PROCESSES * TIMES);
  assert_int_equal(ftps_counts_get(counts, FTPS_COUNTS_DATA_IN),
      10 * PROCESSES * TIMES);
  assert_true(ftps_counts_row(counts, FTPS_COUNTS_SUITES, 0, &id, &n));
  assert_int_equal(id, 0x1301);
  assert_int_equal(n, PROCESSES * TIMES);
  assert_false(ftps_counts_row(counts, FTPS_COUNTS_SUITES, 1, &id, &n));
}

static void test_full_table(void **state) {
  struct ftps_counts *counts = ftps_counts_new();
  struct ftps_counts_handshake handshake = { .suite = 0 };
  unsigned int id;
  uint64_t n, sum = 0;

  (void) state;
  for (unsigned int i = 0; i < 1000; i++) {
    handshake.suite = i;
    ftps_counts_add_handshake(counts, &handshake);
  }
  handshake.suite = 5;
  ftps_counts_add_handshake(counts, &handshake);

  for (size_t row = 0; row < FTPS_COUNTS_ROWS; row++) {
    assert_true(ftps_counts_row(counts, FTPS_COUNTS_SUITES, row, &id, &n));
    assert_true(row == FTPS_COUNTS_ROWS - 1 || id == row);
    assert_true(row != 5 || n == 2);
    sum += n;
  }
  assert_int_equal(sum, 1001);
  assert_int_equal(n, 1000 - (FTPS_COUNTS_ROWS - 1));
  assert_false(
      ftps_counts_row(counts, FTPS_COUNTS_SUITES, FTPS_COUNTS_ROWS, &id, &n));
  assert_false(ftps_counts_row(counts, FTPS_COUNTS_GROUPS, 0, &id, &n));
}

static void test_versions(void **state) {
  (void) state;
  assert_int_equal(ftps_counts_version_of(0x0300), FTPS_COUNTS_SSLV3);
  assert_int_equal(ftps_counts_version_of(0x0303), FTPS_COUNTS_TLSV1_2);
  assert_int_equal(ftps_counts_version_of(0x0305), FTPS_COUNTS_OTHER_VERSION);
  assert_int_equal(ftps_counts_version_of(-1), FTPS_COUNTS_OTHER_VERSION);
}

static void test_none(void **state) {
  struct ftps_counts_handshake handshake = { .suite = 1 };
  unsigned int id;
  uint64_t n;

  (void) state;
  ftps_counts_add_handshake(NULL, &handshake);
  ftps_counts_add_refusal(NULL, FTPS_REFUSAL_DATA);
  ftps_counts_add(NULL, FTPS_COUNTS_DATA_IN, 10);
  assert_int_equal(ftps_counts_handshakes(NULL, &handshake), 0);
  assert_int_equal(ftps_counts_refusals(NULL, FTPS_REFUSAL_DATA), 0);
  assert_int_equal(ftps_counts_get(NULL, FTPS_COUNTS_DATA_IN), 0);
  assert_false(ftps_counts_row(NULL, FTPS_COUNTS_SUITES, 0, &id, &n));
}

int main(void) {
  const struct CMUnitTest tests[] = { cmocka_unit_test(test_processes),
    cmocka_unit_test(test_full_table), cmocka_unit_test(test_versions),
    cmocka_unit_test(test_none) };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
