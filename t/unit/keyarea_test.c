/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * keyarea_test.c: pages that hold private keys (context/keyarea.h).
 *
 * What cannot be read or written any more is tried in a child, which must end
 * by a fault.
 */
#include "context/keyarea.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/keynumbers.h"

#define SLOTS 5

static struct ftps_keyarea *area;

static unsigned char byte_of(size_t slot) {
  return (unsigned char) (0x41 + slot);
}

static int fill(void **state) {
  static unsigned char numbers[FTPS_KEYNUMBERS_SIZE];
  struct ftps_error err;

  (void) state;
  ftps_error_clear(&err);
  area = ftps_keyarea_new(SLOTS, &err);
  if (area == NULL) {
    return -1;
  }

  for (size_t i = 0; i < SLOTS; i++) {
    memset(numbers, byte_of(i), sizeof(numbers));
    ftps_keyarea_put(area, i, numbers);
  }

  return ftps_keyarea_seal(area, &err);
}

static int release(void **state) {
  (void) state;
  ftps_keyarea_unref(area);
  return 0;
}

/* An exit that is not a signal's: the sanitizers catch faults themselves. */
static bool faults(const unsigned char *at, bool writes) {
  volatile unsigned char *touched = (volatile unsigned char *) (uintptr_t) at;
  int status = 0;
  pid_t pid = fork();

  assert_true(pid >= 0);
  if (pid == 0) {
    (void) signal(SIGSEGV, SIG_DFL);
    (void) signal(SIGBUS, SIG_DFL);
    if (writes) {
      *touched = 0;
    } else {
      (void) *touched;
    }
    _exit(0);
  }

  assert_int_equal(waitpid(pid, &status, 0), pid);
  return status != 0;
}

static void assert_slots(const char *held) {
  for (size_t i = 0; i < SLOTS; i++) {
    const unsigned char *at = ftps_keyarea_get0(area, i);

    if (held[i] == '-') {
      assert_null(at);
    } else {
      assert_non_null(at);
      assert_int_equal(at[0], byte_of(i));
      assert_int_equal(at[FTPS_KEYNUMBERS_SIZE - 1], byte_of(i));
    }
  }
}

static void holds_what_was_put(void **state) {
  (void) state;
  assert_slots("xxxxx");
  assert_null(ftps_keyarea_get0(area, SLOTS));
  assert_null(ftps_keyarea_get0(NULL, 0));
}

static void sealed_slots_cannot_be_written(void **state) {
  (void) state;
  for (size_t i = 0; i < SLOTS; i++) {
    assert_true(faults(ftps_keyarea_get0(area, i), true));
    assert_false(faults(ftps_keyarea_get0(area, i), false));
  }
}

/* Every set of marks, by its bits. */
static void only_marked_slots_stay(void **state) {
  const unsigned char *at[SLOTS];
  char held[SLOTS + 1] = "";

  for (unsigned int marks = 0; marks < 1U << SLOTS; marks++) {
    for (size_t i = 0; i < SLOTS; i++) {
      at[i] = ftps_keyarea_get0(area, i);
      held[i] = marks & (1U << i) ? 'x' : '-';
      if (held[i] == 'x') {
        ftps_keyarea_mark(area, i);
      }
    }

    ftps_keyarea_drop_unmarked(area);
    assert_slots(held);
    for (size_t i = 0; i < SLOTS && marks % 5 == 0; i++) {
      assert_int_equal(faults(at[i], false), held[i] == '-');
    }

    (void) release(state);
    assert_int_equal(fill(state), 0);
  }
}

static void marks_can_be_taken_away(void **state) {
  (void) state;
  ftps_keyarea_mark(area, 0);
  ftps_keyarea_mark(area, 3);
  ftps_keyarea_unmark(area);
  ftps_keyarea_mark(area, 2);
  ftps_keyarea_drop_unmarked(area);
  assert_slots("--x--");
}

/* A session drops twice: at its start, and after its handshake. */
static void dropping_goes_on(void **state) {
  (void) state;
  ftps_keyarea_mark(area, 1);
  ftps_keyarea_mark(area, 2);
  ftps_keyarea_drop_unmarked(area);
  assert_slots("-xx--");
  ftps_keyarea_drop_unmarked(area);
  assert_slots("-xx--");

  ftps_keyarea_unmark(area);
  ftps_keyarea_mark(area, 0);
  ftps_keyarea_mark(area, 2);
  ftps_keyarea_drop_unmarked(area);
  assert_slots("--x--");

  ftps_keyarea_unmark(area);
  ftps_keyarea_drop_unmarked(area);
  assert_slots("-----");
  ftps_keyarea_lock(area);
}

static void marks_out_of_range_are_ignored(void **state) {
  (void) state;
  ftps_keyarea_mark(area, SLOTS);
  ftps_keyarea_mark(NULL, 0);
  ftps_keyarea_drop_unmarked(area);
  assert_slots("-----");
}

static void the_last_reference_unmaps(void **state) {
  const unsigned char *at = ftps_keyarea_get0(area, 0);

  (void) state;
  assert_ptr_equal(ftps_keyarea_ref(area), area);
  ftps_keyarea_unref(area);
  assert_slots("xxxxx");
  ftps_keyarea_unref(area);
  assert_true(faults(at, false));
  area = NULL;
  ftps_keyarea_unref(NULL);
}

#define AREA_TEST(name) cmocka_unit_test_setup_teardown(name, fill, release)

int main(void) {
  const struct CMUnitTest tests[] = {
    AREA_TEST(holds_what_was_put),
    AREA_TEST(sealed_slots_cannot_be_written),
    AREA_TEST(only_marked_slots_stay),
    AREA_TEST(marks_can_be_taken_away),
    AREA_TEST(dropping_goes_on),
    AREA_TEST(marks_out_of_range_are_ignored),
    AREA_TEST(the_last_reference_unmaps),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
