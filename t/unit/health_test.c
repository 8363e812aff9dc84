/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * health_test.c: counts and back-off of caches, between processes
 * (cache/health.h).
 */
#include "cache/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

static struct ftps_health *health;

#define T0   1000000U
#define BACK FTPS_HEALTH_BACK_OFF_MS

/* Before there is a page; so this one runs first. */
static void without_page(void **state) {
  (void) state;
  ftps_health_count(health, 0, FTPS_HEALTH_HIT);
  ftps_health_failed(health, 0, T0, T0 + 1);
  assert_true(ftps_health_may_ask(health, 0, T0 + 2));
  assert_int_equal(ftps_health_get(health, 0, FTPS_HEALTH_HIT), 0);
  assert_int_equal(ftps_health_failing_ms(health, 0, T0 + 2), 0);
  health = ftps_health_new();
  assert_non_null(health);
}

static void counts_of_all_processes(void **state) {
  int status = 1;
  pid_t pid;

  (void) state;
  pid = fork();
  if (pid == 0) {
    ftps_health_count(health, 0, FTPS_HEALTH_HIT);
    ftps_health_count(health, 0, FTPS_HEALTH_HIT);
    ftps_health_failed(health, 3, T0, T0);
    _exit(0);
  }

  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
  ftps_health_count(health, 0, FTPS_HEALTH_HIT);
  assert_int_equal(ftps_health_get(health, 0, FTPS_HEALTH_HIT), 3);
  assert_int_equal(ftps_health_get(health, 0, FTPS_HEALTH_MISS), 0);
  assert_int_equal(ftps_health_get(health, 1, FTPS_HEALTH_HIT), 0);
  assert_int_equal(ftps_health_get(health, 3, FTPS_HEALTH_ERROR), 1);
  assert_false(ftps_health_may_ask(health, 3, T0 + 1));
}

static void back_off(void **state) {
  (void) state;
  assert_true(ftps_health_may_ask(health, 1, T0));
  assert_false(ftps_health_is_failing(health, 1));

  ftps_health_failed(health, 1, T0, T0 + 250);
  assert_true(ftps_health_is_failing(health, 1));
  assert_false(ftps_health_may_ask(health, 1, T0 + 251));
  assert_false(ftps_health_may_ask(health, 1, T0 + 249 + BACK));

  /* One tries again, the others wait for what comes of it. */
  assert_true(ftps_health_may_ask(health, 1, T0 + 250 + BACK));
  assert_false(ftps_health_may_ask(health, 1, T0 + 250 + BACK));
  assert_false(ftps_health_may_ask(health, 1, T0 + 251 + BACK));

  ftps_health_failed(health, 1, T0 + 250 + BACK, T0 + 500 + BACK);
  assert_false(ftps_health_may_ask(health, 1, T0 + 499 + BACK + BACK));
  assert_true(ftps_health_may_ask(health, 1, T0 + 500 + BACK + BACK));
  assert_int_equal(ftps_health_failing_ms(health, 1, T0 + 500 + BACK + BACK),
      500 + BACK + BACK);

  ftps_health_answered(health, 1, T0 + 600 + BACK + BACK);
  assert_false(ftps_health_is_failing(health, 1));
  assert_true(ftps_health_may_ask(health, 1, T0 + 601 + BACK + BACK));
  assert_true(ftps_health_may_ask(health, 1, T0 + 601 + BACK + BACK));
  assert_int_equal(ftps_health_failing_ms(health, 1, T0 + 100 * BACK),
      600 + BACK + BACK);
  assert_int_equal(ftps_health_get(health, 1, FTPS_HEALTH_ERROR), 2);
}

/* Another clock, or a process that was taken over. */
static void not_for_ever(void **state) {
  (void) state;
  ftps_health_failed(health, 2, UINT64_MAX / 2, UINT64_MAX / 2);
  assert_true(ftps_health_may_ask(health, 2, T0));
  assert_false(ftps_health_may_ask(health, 2, T0 + 1));
  assert_int_equal(ftps_health_failing_ms(health, 2, T0), 0);
  ftps_health_answered(health, 2, T0);
  assert_int_equal(ftps_health_failing_ms(health, 2, T0), 0);
  assert_true(ftps_health_may_ask(health, 2, T0 + 1));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(without_page),
    cmocka_unit_test(counts_of_all_processes),
    cmocka_unit_test(back_off),
    cmocka_unit_test(not_for_ever),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
