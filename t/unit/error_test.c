/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * error_test.c: errors as one bounded line (base/error.h).
 */
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

static struct ftps_error err;

/* Garbage, so that a function that relies on what was there is found out. */
static int start(void **state) {
  (void) state;
  memset(&err, 0x5a, sizeof(err));
  ftps_error_clear(&err);
  ERR_clear_error();
  return 0;
}

static void raise_reason(int reason, const char *data) {
  ERR_raise_data(ERR_LIB_X509, reason, "%s", data);
}

static void clear_means_no_error(void **state) {
  (void) state;
  assert_string_equal(err.text, "");
}

static void set_formats(void **state) {
  (void) state;
  ftps_error_set(&err, "%s %d%%", "loading", 7);
  assert_string_equal(err.text, "loading 7%");
}

static void errno_is_named(void **state) {
  (void) state;
  ftps_error_set_errno(&err, ENOENT, "opening %s", "/x");
  assert_string_equal(err.text, "opening /x: No such file or directory");
}

static void reasons_are_named_oldest_first(void **state) {
  (void) state;
  raise_reason(ERR_R_UNSUPPORTED, "");
  raise_reason(ERR_R_MALLOC_FAILURE, "in /x");
  ftps_error_set_ssl(&err, "using %s", "it");
  assert_string_equal(err.text,
      "using it: unsupported; malloc failure (in /x)");
  assert_true(ERR_peek_error() == 0);
}

/* What is not the fault of the file that the text names. */
static void some_errors_pass(void **state) {
  struct ftps_error other;

  (void) state;
  assert_false(err.is_passing);
  ftps_error_set_errno(&err, EMFILE, "opening %s", "/x");
  assert_true(err.is_passing);
  ftps_error_set_errno(&err, ENOENT, "the second");
  assert_true(err.is_passing);

  ftps_error_clear(&other);
  ftps_error_take(&other, &err);
  assert_string_equal(other.text, err.text);
  assert_true(other.is_passing);

  (void) start(NULL);
  ftps_error_set_errno(&err, ENOENT, "opening %s", "/x");
  assert_false(err.is_passing);
  ftps_error_take(&err, &other);
  assert_false(err.is_passing);

  (void) start(NULL);
  ERR_raise(ERR_LIB_SYS, ENFILE);
  raise_reason(ERR_R_UNSUPPORTED, "behind it");
  ftps_error_set_ssl(&err, "using it");
  assert_true(err.is_passing);

  (void) start(NULL);
  raise_reason(ERR_R_MALLOC_FAILURE, "");
  ftps_error_set_ssl(&err, "using it");
  assert_true(err.is_passing);

  (void) start(NULL);
  raise_reason(ERR_R_UNSUPPORTED, "");
  ftps_error_set_ssl(&err, "using it");
  assert_false(err.is_passing);
}

static void an_empty_queue_has_no_reason(void **state) {
  (void) state;
  ftps_error_set_ssl(&err, "using it");
  assert_string_equal(err.text, "using it: no reason given");
}

static void the_first_error_wins(void **state) {
  (void) state;
  ftps_error_set_errno(&err, EPERM, "first");
  ftps_error_set(&err, "second");
  ftps_error_set_errno(&err, ENOENT, "third");
  raise_reason(ERR_R_UNSUPPORTED, "");
  ftps_error_set_ssl(&err, "fourth");
  assert_string_equal(err.text, "first: Operation not permitted");
  /* A queue that is left full would be taken for the next call's fault. */
  assert_true(ERR_peek_error() == 0);
}

static void long_text_is_cut(void **state) {
  char *text = malloc(3 * FTPS_ERROR_TEXT_SIZE);

  (void) state;
  assert_non_null(text);
  for (size_t len = FTPS_ERROR_TEXT_SIZE - 40; len < 2 * FTPS_ERROR_TEXT_SIZE;
       len++) {
    memset(text, 'x', len);
    text[len] = '\0';

    (void) start(NULL);
    ftps_error_set(&err, "%s", text);
    assert_int_equal(strlen(err.text),
        len < FTPS_ERROR_TEXT_SIZE ? len : FTPS_ERROR_TEXT_SIZE - 1);

    (void) start(NULL);
    ftps_error_set_errno(&err, ENOENT, "%s", text);
    assert_true(strlen(err.text) < FTPS_ERROR_TEXT_SIZE);

    (void) start(NULL);
    raise_reason(ERR_R_UNSUPPORTED, text);
    ftps_error_set_ssl(&err, "%s", text);
    assert_true(strlen(err.text) < FTPS_ERROR_TEXT_SIZE);
  }

  free(text);
}

static char told[2 * FTPS_ERROR_TEXT_SIZE];

static void hear(enum ftps_severity severity, const char *text) {
  (void) snprintf(told, sizeof(told), "%d %s", (int) severity, text);
}

static void a_line_is_made_and_reported(void **state) {
  (void) state;
  ftps_error_report(hear, FTPS_SEVERITY_FAULT, "%s: %d%%", "/x", 7);
  assert_string_equal(told, "1 /x: 7%");
  ftps_error_report(hear, FTPS_SEVERITY_NOTICE, "%2000s", "");
  assert_int_equal(strlen(told), 2 + FTPS_ERROR_TEXT_SIZE - 1);
}

static void drain_stays_in_its_room(void **state) {
  char text[24];

  (void) state;
  for (size_t size = 1; size < sizeof(text); size++) {
    memset(text, '#', sizeof(text));
    raise_reason(ERR_R_UNSUPPORTED, "one");
    raise_reason(ERR_R_UNSUPPORTED, "two");
    ftps_error_drain(text, size);
    assert_true(strlen(text) < size);
    assert_int_equal(text[size], '#');
    assert_true(ERR_peek_error() == 0);
  }
}

static void system_errors_have_their_text(void **state) {
  char text[128];

  (void) state;
  ERR_raise(ERR_LIB_SYS, ENOENT);
  ftps_error_drain(text, sizeof(text));
  assert_string_equal(text, "No such file or directory");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(clear_means_no_error, start),
    cmocka_unit_test_setup(set_formats, start),
    cmocka_unit_test_setup(errno_is_named, start),
    cmocka_unit_test_setup(reasons_are_named_oldest_first, start),
    cmocka_unit_test_setup(some_errors_pass, start),
    cmocka_unit_test_setup(an_empty_queue_has_no_reason, start),
    cmocka_unit_test_setup(the_first_error_wins, start),
    cmocka_unit_test_setup(long_text_is_cut, start),
    cmocka_unit_test_setup(a_line_is_made_and_reported, start),
    cmocka_unit_test_setup(drain_stays_in_its_room, start),
    cmocka_unit_test_setup(system_errors_have_their_text, start),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
