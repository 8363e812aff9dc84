/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * wake_test.c: sessions ask the daemon to look at files (base/wake.h).
 */
#include "base/wake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "base/daemon.h"

static struct ftps_daemon daemon_of_test;

/* What ask() answers in a process of its own. */
static enum ftps_wake ask_in_session(void) {
  pid_t pid = fork();
  int status = -1;

  if (pid == 0) {
    _exit((int) ftps_wake_ask(&daemon_of_test));
  }

  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status));
  return (enum ftps_wake) WEXITSTATUS(status);
}

static void nobody_hears_before_the_start(void **state) {
  (void) state;
  assert_int_equal(ask_in_session(), FTPS_WAKE_NOBODY);
  assert_false(ftps_wake_is_daemon(&daemon_of_test));
  assert_false(ftps_wake_take(&daemon_of_test));
}

static void the_first_one_wakes_the_daemon(void **state) {
  (void) state;
  ftps_wake_start(&daemon_of_test);
  assert_true(ftps_wake_is_daemon(&daemon_of_test));
  assert_int_equal(ask_in_session(), FTPS_WAKE_FIRST);
  assert_int_equal(ask_in_session(), FTPS_WAKE_AGAIN);
  assert_true(ftps_wake_take(&daemon_of_test));
  assert_false(ftps_wake_take(&daemon_of_test));
  assert_int_equal(ask_in_session(), FTPS_WAKE_FIRST);
}

static void the_daemon_does_not_ask_itself(void **state) {
  (void) state;
  assert_int_equal(ftps_wake_ask(&daemon_of_test), FTPS_WAKE_NOBODY);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(nobody_hears_before_the_start),
    cmocka_unit_test(the_first_one_wakes_the_daemon),
    cmocka_unit_test(the_daemon_does_not_ask_itself),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
