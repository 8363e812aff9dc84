/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * uses_test.c: which certificates of names are kept (named/uses.h).
 */
#include "named/uses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#define START 1000U

static int make(void **state) {
  *state = ftps_uses_new();
  return *state != NULL ? 0 : -1;
}

static int release(void **state) {
  ftps_uses_free(*state);
  return 0;
}

static void forgets_what_is_not_used(void **state) {
  struct ftps_uses *uses = *state;
  struct ftps_use_place place;

  ftps_uses_give(uses, START, &place);
  assert_true(ftps_uses_has(uses, &place));
  assert_false(ftps_uses_is_idle(uses, &place, START));
  assert_false(ftps_uses_is_idle(uses, &place, START + 3599));
  assert_true(ftps_uses_is_idle(uses, &place, START + 3600));

  ftps_uses_note(uses, &place, START + 1800);
  assert_false(ftps_uses_is_idle(uses, &place, START + 3600));
  assert_true(ftps_uses_is_idle(uses, &place, START + 5400));

  ftps_uses_take_back(uses, &place);
  assert_false(ftps_uses_has(uses, &place));
  assert_true(ftps_uses_is_idle(uses, &place, START));
}

static void notes_of_sessions_reach_the_daemon(void **state) {
  struct ftps_uses *uses = *state;
  struct ftps_use_place place;
  int status;
  pid_t pid;

  ftps_uses_give(uses, START, &place);
  pid = fork();
  if (pid == 0) {
    ftps_uses_note(uses, &place, START + 3000);
    _exit(0);
  }
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_false(ftps_uses_is_idle(uses, &place, START + 3600));
}

static void gives_the_oldest_place_away(void **state) {
  struct ftps_uses *uses = *state;
  struct ftps_use_place places[FTPS_USES_MAX], more;

  for (uint32_t i = 0; i < FTPS_USES_MAX; i++) {
    ftps_uses_give(uses, START + i, &places[i]);
  }
  for (uint32_t i = 0; i < FTPS_USES_MAX; i++) {
    assert_true(ftps_uses_has(uses, &places[i]));
  }

  ftps_uses_note(uses, &places[0], START + 5000);
  ftps_uses_give(uses, START + 5000, &more);
  assert_true(ftps_uses_has(uses, &places[0]));
  assert_false(ftps_uses_has(uses, &places[1]));
  assert_true(ftps_uses_has(uses, &places[2]));
  assert_true(ftps_uses_has(uses, &more));

  /* Who has lost it cannot keep another one's. */
  ftps_uses_note(uses, &places[1], START + 9000);
  ftps_uses_take_back(uses, &places[1]);
  assert_true(ftps_uses_has(uses, &more));
  assert_true(ftps_uses_is_idle(uses, &more, START + 8600));
}

static void lies_do_no_harm(void **state) {
  struct ftps_uses *uses = *state;
  struct ftps_use_place places[FTPS_USES_MAX], more;
  const struct ftps_use_place none = { 0, 0 };
  const struct ftps_use_place odd = { UINT32_MAX, 1 };

  assert_false(ftps_uses_has(uses, &none));
  assert_false(ftps_uses_has(uses, &odd));
  ftps_uses_note(uses, &odd, START);
  ftps_uses_take_back(uses, &odd);

  /* A time of the future is no reason to keep it. */
  for (uint32_t i = 0; i < FTPS_USES_MAX; i++) {
    ftps_uses_give(uses, START, &places[i]);
  }
  ftps_uses_note(uses, &places[7], START + 100000);
  ftps_uses_give(uses, START, &more);
  assert_false(ftps_uses_has(uses, &places[7]));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(forgets_what_is_not_used, make, release),
    cmocka_unit_test_setup_teardown(notes_of_sessions_reach_the_daemon, make,
        release),
    cmocka_unit_test_setup_teardown(gives_the_oldest_place_away, make, release),
    cmocka_unit_test_setup_teardown(lies_do_no_harm, make, release),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
