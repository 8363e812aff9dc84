/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * stamp_test.c: has a file changed (base/stamp.h)?
 */
#include "base/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char dir[64], file[80], other[80];

/* Seconds: how far the clock was ahead when "other" was written. */
static time_t ahead;

/* In place of the C library's, since nobody can set a ctime. */
int fstatat(int at, const char *path, struct stat *st, int flags) {
  int fd = openat(at, path, O_RDONLY);
  int res = fstat(fd, st);

  (void) flags;
  if (strcmp(path, "other") == 0) {
    st->st_mtim.tv_sec += ahead;
    st->st_ctim.tv_sec += ahead;
  }
  if (fd >= 0) {
    (void) close(fd);
  }
  return res;
}

static void put(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
  assert_int_equal(close(fd), 0);
}

static int make_files(void **state) {
  (void) state;
  (void) snprintf(dir, sizeof(dir), "/tmp/ftps-stamp-XXXXXX");
  if (mkdtemp(dir) == NULL) {
    return -1;
  }

  (void) snprintf(file, sizeof(file), "%s/file", dir);
  (void) snprintf(other, sizeof(other), "%s/other", dir);
  put(file, "one");
  return 0;
}

static int remove_files(void **state) {
  (void) state;
  (void) unlink(file);
  (void) unlink(other);
  return rmdir(dir);
}

static struct ftps_stamps take(const char *path) {
  struct ftps_stamps stamps = { .n = 0 };

  ftps_stamps_add(&stamps, path);
  return stamps;
}

static bool has_changed(const struct ftps_stamps *before) {
  struct ftps_stamps now;

  ftps_stamps_again(before, NULL, &now);
  assert_int_equal(now.n, before->n);
  return !ftps_stamps_are_equal(before, &now);
}

/* The clock of a file system goes in ticks of some milliseconds. */
static void let_time_pass(void) {
  const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };

  (void) nanosleep(&pause, NULL);
}

static void unchanged_is_equal(void **state) {
  struct ftps_stamps stamps = take(file);

  (void) state;
  assert_int_equal(stamps.n, 1);
  assert_false(has_changed(&stamps));
}

static void rewriting_is_seen(void **state) {
  struct ftps_stamps stamps = take(file);

  (void) state;
  put(file, "three");
  assert_true(has_changed(&stamps));
}

static void same_size_and_mtime_is_seen(void **state) {
  struct ftps_stamps stamps = take(file);
  struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
  struct stat st;

  (void) state;
  assert_int_equal(stat(file, &st), 0);
  times[1] = st.st_mtim;
  let_time_pass();
  put(file, "two");
  assert_int_equal(utimensat(AT_FDCWD, file, times, 0), 0);
  assert_true(has_changed(&stamps));
}

static void renaming_over_is_seen(void **state) {
  struct ftps_stamps stamps = take(file);

  (void) state;
  put(other, "one");
  assert_int_equal(rename(other, file), 0);
  assert_true(has_changed(&stamps));
}

static void a_symbolic_link_is_followed(void **state) {
  struct ftps_stamps stamps;

  (void) state;
  assert_int_equal(symlink(file, other), 0);
  stamps = take(other);
  assert_false(has_changed(&stamps));
  put(file, "three");
  assert_true(has_changed(&stamps));
}

static void coming_and_going_is_seen(void **state) {
  struct ftps_stamps missing = take(other), there = take(file);

  (void) state;
  assert_int_equal(missing.n, 1);
  assert_false(has_changed(&missing));
  put(other, "one");
  assert_true(has_changed(&missing));
  assert_int_equal(unlink(file), 0);
  assert_true(has_changed(&there));
}

static void all_of_a_list_count(void **state) {
  struct ftps_stamps stamps = { .n = 0 };

  (void) state;
  ftps_stamps_add(&stamps, NULL);
  assert_int_equal(stamps.n, 0);
  put(other, "one");
  ftps_stamps_add(&stamps, file);
  ftps_stamps_add(&stamps, other);
  assert_int_equal(stamps.n, 2);
  assert_false(has_changed(&stamps));
  put(other, "three");
  assert_true(has_changed(&stamps));
}

static void any_number_of_files_have_one_stamp(void **state) {
  const char *paths[FTPS_STAMPS_MAX + 3];
  const size_t count = sizeof(paths) / sizeof(paths[0]);
  struct ftps_stamps stamps = { .n = 0 }, one = { .n = 0 };

  (void) state;
  put(other, "one");
  for (size_t i = 0; i < count; i++) {
    paths[i] = file;
  }
  paths[count - 1] = other;
  ftps_stamps_add_all(&stamps, paths, 0, false);
  assert_int_equal(stamps.n, 0);
  ftps_stamps_add_all(&stamps, paths, count, false);
  assert_int_equal(stamps.n, 1);
  assert_false(has_changed(&stamps));

  /* What is known of all of them says nothing of the first one. */
  ftps_stamps_add_all(&one, paths, 1, false);
  ftps_stamps_learn(&one, &stamps);
  assert_false(has_changed(&one));

  put(other, "three");
  assert_true(has_changed(&stamps));
}

static void other_numbers_of_files_differ(void **state) {
  struct ftps_stamps none = { .n = 0 }, one = take(file);

  (void) state;
  assert_false(ftps_stamps_are_equal(&none, &one));
  assert_false(ftps_stamps_are_equal(&one, &none));
  assert_true(ftps_stamps_are_equal(&none, &none));
}

static void a_full_list_takes_no_more(void **state) {
  struct ftps_stamps stamps = { .n = 0 };

  (void) state;
  for (size_t i = 0; i < FTPS_STAMPS_MAX + 3; i++) {
    ftps_stamps_add(&stamps, file);
  }

  assert_int_equal(stamps.n, FTPS_STAMPS_MAX);
}

static void files_in_a_directory_are_seen(void **state) {
  struct ftps_stamps stamps = { .n = 0 }, plain = take(dir);

  (void) state;
  ftps_stamps_add_entries(&stamps, dir);
  ftps_stamps_add_entries(&stamps, NULL);
  assert_int_equal(stamps.n, 1);
  assert_false(has_changed(&stamps));

  let_time_pass();
  put(file, "two");
  assert_true(has_changed(&stamps));
  assert_false(has_changed(&plain));

  ftps_stamps_again(&stamps, NULL, &stamps);
  assert_false(has_changed(&stamps));
  put(other, "");
  assert_true(has_changed(&stamps));
}

static void a_wrong_clock_hides_nothing(void **state) {
  struct ftps_stamps stamps = { .n = 0 };

  (void) state;
  put(other, "one");
  ahead = 3600;
  ftps_stamps_add_entries(&stamps, dir);
  let_time_pass();
  put(file, "two");
  assert_true(has_changed(&stamps));
  ahead = 0;
}

static void a_directory_that_was_seen_is_not_looked_through(void **state) {
  struct ftps_stamps stamps = { .n = 0 }, seen = { .n = 0 }, now;

  (void) state;
  ftps_stamps_add(&stamps, file);
  ftps_stamps_add_entries(&stamps, dir);
  ftps_stamps_again(&stamps, &seen, &now);
  assert_true(ftps_stamps_are_equal(&stamps, &now));
  assert_int_equal(seen.n, 1);

  put(other, "");
  ftps_stamps_again(&stamps, &seen, &now);
  assert_true(ftps_stamps_are_equal(&stamps, &now));
  assert_int_equal(seen.n, 1);

  /* A file is always looked at. */
  put(file, "three");
  ftps_stamps_again(&stamps, &seen, &now);
  assert_false(ftps_stamps_are_equal(&stamps, &now));

  seen.n = 0;
  put(file, "one");
  assert_true(has_changed(&stamps));
}

#define FILES_TEST(name) \
  cmocka_unit_test_setup_teardown(name, make_files, remove_files)

int main(void) {
  const struct CMUnitTest tests[] = {
    FILES_TEST(unchanged_is_equal),
    FILES_TEST(rewriting_is_seen),
    FILES_TEST(same_size_and_mtime_is_seen),
    FILES_TEST(renaming_over_is_seen),
    FILES_TEST(a_symbolic_link_is_followed),
    FILES_TEST(coming_and_going_is_seen),
    FILES_TEST(all_of_a_list_count),
    FILES_TEST(any_number_of_files_have_one_stamp),
    FILES_TEST(other_numbers_of_files_differ),
    FILES_TEST(a_full_list_takes_no_more),
    FILES_TEST(files_in_a_directory_are_seen),
    FILES_TEST(a_wrong_clock_hides_nothing),
    FILES_TEST(a_directory_that_was_seen_is_not_looked_through),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
