/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * reachable_test.c: which secrets can a session come to need
 * (keys/reachable.h)?
 *
 * One slot for each server; a session begins at some place, and drops the rest.
 */
#include "keys/reachable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/daemon.h"
#include "keys/keyarea.h"

#define SERVERS (sizeof(servers) / sizeof(servers[0]))

static const struct ftps_place servers[] = { { 21, false, { 1 } },
  { 21, false, { 1 } }, { 21, false, { 2 } }, { 21, true, { 3 } },
  { 990, false, { 1 } }, { 990, true, { 0 } }, { 2121, false, { 1 } } };

static struct ftps_daemon the_daemon;
static struct ftps_keyarea *area;

static int list(void **state) {
  struct ftps_error err;

  (void) state;
  ftps_error_clear(&err);
  if (ftps_reachable_init(&the_daemon) < 0) {
    return -1;
  }
  area = ftps_keyarea_new(&the_daemon, SERVERS, &err);
  for (size_t i = 0; area != NULL && i < SERVERS; i++) {
    ftps_reachable_from(&the_daemon, &servers[i]);
    ftps_reachable_add(area, i);
    ftps_reachable_add(area, i);
    ftps_reachable_add(NULL, 0);
  }

  return area != NULL ? 0 : -1;
}

static int forget(void **state) {
  (void) state;
  ftps_reachable_forget(&the_daemon);
  ftps_keyarea_unref(area);
  return 0;
}

static void assert_kept(const char *kept) {
  ftps_keyarea_drop_unmarked(&the_daemon);
  for (size_t i = 0; i < SERVERS; i++) {
    assert_int_equal(ftps_keyarea_get0(area, i) != NULL, kept[i] == 'x');
  }
}

/* Where a session begins, and what stays. */
static const struct {
  struct ftps_place here;
  const char *kept;
} rows[] = { { { 21, false, { 1 } }, "xx-x---" },
  { { 21, false, { 2 } }, "--xx---" }, { { 21, false, { 9 } }, "---x---" },
  { { 21, true, { 0 } }, "xxxx---" }, { { 990, false, { 1 } }, "----xx-" },
  { { 990, false, { 9 } }, "-----x-" }, { { 2121, false, { 1 } }, "------x" },
  { { 2121, false, { 9 } }, "-------" }, { { 22, true, { 1 } }, "-------" } };

static void a_place_leads_to_its_own_and_to_anywhere(void **state) {
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    assert_true(ftps_reachable_is_whole(&the_daemon));
    assert_int_equal(ftps_reachable_mark(&the_daemon, &rows[i].here), i < 7);
    assert_kept(rows[i].kept);
    (void) forget(state);
    assert_int_equal(list(state), 0);
  }
}

static void several_places_lead_to_more(void **state) {
  const struct ftps_place other = { 2121, true, { 0 } };

  (void) state;
  assert_true(ftps_reachable_mark(&the_daemon, &servers[2]));
  assert_true(ftps_reachable_mark(&the_daemon, &other));
  assert_kept("--xx--x");
}

/* Two servers with one certificate. */
static void a_shared_slot_is_reached_from_both(void **state) {
  static const struct ftps_place elsewhere = { 990, false, { 7 } };

  (void) state;
  ftps_reachable_from(&the_daemon, &elsewhere);
  ftps_reachable_add(area, 6);
  assert_true(ftps_reachable_mark(&the_daemon, &elsewhere));
  assert_kept("-----xx");
}

static void what_was_forgotten_is_not_marked(void **state) {
  (void) state;
  ftps_reachable_forget(&the_daemon);
  assert_false(ftps_reachable_mark(&the_daemon, &servers[0]));
  assert_kept("-------");
}

#define LIST_TEST(name) cmocka_unit_test_setup_teardown(name, list, forget)

int main(void) {
  const struct CMUnitTest tests[] = {
    LIST_TEST(a_place_leads_to_its_own_and_to_anywhere),
    LIST_TEST(several_places_lead_to_more),
    LIST_TEST(a_shared_slot_is_reached_from_both),
    LIST_TEST(what_was_forgotten_is_not_marked),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
