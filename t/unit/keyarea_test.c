/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keyarea_test.c: pages that hold private keys (keys/keyarea.h).
 *
 * What cannot be read or written any more is tried in a child, which must end
 * by a fault.
 */
#include "keys/keyarea.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/daemon.h"
#include "keys/keynumbers.h"

#define SLOTS 5

static struct ftps_daemon the_daemon;
static struct ftps_keyarea *area;

static unsigned char byte_of(size_t slot) {
  return (unsigned char) (0x41 + slot);
}

static int fill(void **state) {
  static unsigned char numbers[FTPS_KEYNUMBERS_SIZE];
  struct ftps_error err;

  (void) state;
  ftps_error_clear(&err);
  area = ftps_keyarea_new(&the_daemon, SLOTS, &err);
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

    ftps_keyarea_drop_unmarked(&the_daemon);
    assert_slots(held);
    for (size_t i = 0; i < SLOTS && marks % 5 == 0; i++) {
      assert_int_equal(faults(at[i], false), held[i] == '-');
    }

    (void) release(state);
    assert_int_equal(fill(state), 0);
  }
}

/* A session drops twice: at its start, and after its handshake. */
static void dropping_takes_marks_away(void **state) {
  (void) state;
  ftps_keyarea_mark(area, 1);
  ftps_keyarea_mark(area, 2);
  ftps_keyarea_drop_unmarked(&the_daemon);
  assert_slots("-xx--");

  ftps_keyarea_mark(area, 0);
  ftps_keyarea_mark(area, 2);
  ftps_keyarea_drop_unmarked(&the_daemon);
  assert_slots("--x--");

  ftps_keyarea_drop_unmarked(&the_daemon);
  assert_slots("-----");
  ftps_keyarea_lock(area, 0);
}

static void one_slot_can_be_dropped(void **state) {
  const unsigned char *at = ftps_keyarea_get0(area, 1);

  (void) state;
  ftps_keyarea_mark(area, 1);
  ftps_keyarea_drop(area, 1);
  assert_slots("x-xxx");
  assert_true(faults(at, false));
  ftps_keyarea_drop(area, 1);
  ftps_keyarea_drop(area, SLOTS);
  ftps_keyarea_drop(NULL, 0);
  assert_slots("x-xxx");
}

static struct ftps_keyarea *add(struct ftps_keyarea **open, unsigned char byte,
    size_t *slot) {
  unsigned char numbers[FTPS_KEYNUMBERS_SIZE];
  struct ftps_keyarea *owner;
  struct ftps_error err;

  ftps_error_clear(&err);
  memset(numbers, byte, sizeof(numbers));
  owner = ftps_keyarea_add(&the_daemon, open, numbers, slot, &err);
  assert_non_null(owner);
  assert_int_equal(ftps_keyarea_get0(owner, *slot)[0], byte);
  assert_true(faults(ftps_keyarea_get0(owner, *slot), true));
  return owner;
}

/* Many keys take few areas; what was added stays as it was. */
static void keys_come_one_by_one(void **state) {
  struct ftps_keyarea *open = NULL, *owners[300];
  size_t slots[300], n_areas = 0;

  (void) state;
  for (size_t i = 0; i < 300; i++) {
    owners[i] = add(&open, (unsigned char) i, &slots[i]);
    n_areas += i == 0 || owners[i] != owners[i - 1];
  }
  assert_true(n_areas >= 1 && n_areas <= 10);
  for (size_t i = 0; i < 300; i++) {
    assert_int_equal(ftps_keyarea_get0(owners[i], slots[i])[0], i & 0xff);
    ftps_keyarea_unref(owners[i]);
  }
  ftps_keyarea_unref(open);
}

/* A session that renews a certificate after it has dropped what is free. */
static void adding_goes_on_after_a_drop(void **state) {
  struct ftps_keyarea *open = NULL, *first, *second;
  size_t slot, after;

  (void) state;
  first = add(&open, 1, &slot);
  ftps_keyarea_mark(first, slot);
  ftps_keyarea_drop_unmarked(&the_daemon);
  second = add(&open, 2, &after);
  assert_ptr_not_equal(first, second);
  assert_int_equal(ftps_keyarea_get0(first, slot)[0], 1);
  ftps_keyarea_unref(first);
  ftps_keyarea_unref(second);
  ftps_keyarea_unref(open);
}

static void marks_out_of_range_are_ignored(void **state) {
  (void) state;
  ftps_keyarea_mark(area, SLOTS);
  ftps_keyarea_mark(NULL, 0);
  ftps_keyarea_drop_unmarked(&the_daemon);
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
    AREA_TEST(dropping_takes_marks_away),
    AREA_TEST(one_slot_can_be_dropped),
    AREA_TEST(keys_come_one_by_one),
    AREA_TEST(adding_goes_on_after_a_drop),
    AREA_TEST(marks_out_of_range_are_ignored),
    AREA_TEST(the_last_reference_unmaps),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
