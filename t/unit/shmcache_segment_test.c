/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * shmcache_segment_test.c: the file of a cache and its locks
 * (shmcache/segment.h).
 *
 * Faults are made in files of a folder below /tmp.  Processes that are killed
 * while they put entries are children of this one.
 */
#include "shmcache/segment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STRIPES(n) (65536U + (n) * (uint64_t) FTPS_SHM_STRIPE_SIZE)

/* Seconds, of children that a failed test leaves behind. */
#define LONGEST_LIFE 30

static char folder[] = "/tmp/shmsegment-XXXXXX";
static char path[64], lock_path[64], bad_path[64], other_path[64];
static struct ftps_shm_report report;

static int make_folder(void **state) {
  (void) state;
  if (mkdtemp(folder) == NULL) {
    return -1;
  }
  (void) snprintf(path, sizeof(path), "%s/cache", folder);
  (void) snprintf(lock_path, sizeof(lock_path), "%s/cache.lock", folder);
  (void) snprintf(bad_path, sizeof(bad_path), "%s/cache.bad", folder);
  (void) snprintf(other_path, sizeof(other_path), "%s/other", folder);
  return 0;
}

static int empty_folder(void **state) {
  char name[80];

  (void) state;
  (void) unlink(path);
  (void) unlink(lock_path);
  (void) unlink(bad_path);
  (void) unlink(other_path);
  for (int i = 1; i < 10; i++) {
    (void) snprintf(name, sizeof(name), "%s.%d", bad_path, i);
    (void) unlink(name);
  }
  return 0;
}

static int remove_folder(void **state) {
  (void) empty_folder(state);
  return rmdir(folder);
}

static struct ftps_shm_segment *open_it(uint64_t size) {
  struct ftps_shm_segment *segment = ftps_shm_segment_open(path, size, &report);

  if (segment == NULL) {
    print_message("# %s\n", report.fault);
  }
  assert_non_null(segment);
  return segment;
}

static void make_entry(struct ftps_shm_entry *entry, const uint32_t *number) {
  memset(entry, 0, sizeof(*entry));
  entry->key = (const unsigned char *) number;
  entry->key_len = sizeof(*number);
  entry->value = entry->key;
  entry->value_len = sizeof(*number);
  entry->expires = (uint64_t) time(NULL) + 1000;
}

static bool put(struct ftps_shm_segment *segment, uint32_t number) {
  struct ftps_shm_store *store = ftps_shm_segment_get0_store(segment);
  struct ftps_shm_place place;
  struct ftps_shm_entry entry;
  bool res;

  make_entry(&entry, &number);
  if (ftps_shm_store_place(store, entry.key, entry.key_len, &place) < 0 ||
      ftps_shm_segment_lock(segment, place.stripe, true, 1000) < 0) {
    return false;
  }
  res = ftps_shm_store_put(store, place, &entry, time(NULL));
  ftps_shm_segment_unlock(segment, place.stripe);
  return res;
}

static bool has(struct ftps_shm_segment *segment, uint32_t number) {
  struct ftps_shm_store *store = ftps_shm_segment_get0_store(segment);
  struct ftps_shm_place place;
  struct ftps_shm_entry entry;
  uint32_t value = 0;
  bool res;

  make_entry(&entry, &number);
  entry.value_len = sizeof(value);
  assert_int_equal(ftps_shm_store_place(store, entry.key, entry.key_len,
                       &place),
      0);
  assert_int_equal(ftps_shm_segment_lock(segment, place.stripe, false, 1000),
      0);
  res = ftps_shm_store_get(store, place, &entry, (unsigned char *) &value,
      time(NULL));
  ftps_shm_segment_unlock(segment, place.stripe);
  assert_true(!res || value == number);
  return res;
}

static void put_all(struct ftps_shm_segment *segment, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    assert_true(put(segment, i));
  }
}

static uint32_t count(struct ftps_shm_segment *segment, uint32_t n) {
  uint32_t found = 0;

  for (uint32_t i = 0; i < n; i++) {
    found += has(segment, i);
  }
  return found;
}

static void write_at(const char *name, off_t at, const char *text) {
  int fd = open(name, O_WRONLY | O_CREAT, 0600);

  assert_true(fd >= 0);
  assert_int_equal(pwrite(fd, text, strlen(text), at), strlen(text));
  close(fd);
}

static void change_byte(const char *name, off_t at) {
  int fd = open(name, O_RDWR);
  unsigned char byte;

  assert_int_equal(pread(fd, &byte, 1, at), 1);
  byte ^= 0x10;
  assert_int_equal(pwrite(fd, &byte, 1, at), 1);
  close(fd);
}

static void keeps_entries(void **state) {
  struct ftps_shm_segment *segment = open_it(STRIPES(4) + 1000);
  struct stat st;

  (void) state;
  assert_string_equal(report.note, "");
  assert_int_equal(stat(path, &st), 0);
  assert_int_equal(st.st_mode & 07777, 0600);
  assert_int_equal(st.st_size, STRIPES(4));
  assert_int_equal(ftps_shm_segment_size(segment), STRIPES(4));
  put_all(segment, 100);
  assert_true(ftps_shm_segment_is_current(segment, path, STRIPES(4)));
  assert_false(ftps_shm_segment_is_current(segment, path, STRIPES(5)));
  ftps_shm_segment_close(segment);

  segment = open_it(STRIPES(4));
  assert_string_equal(report.note, "");
  assert_int_equal(count(segment, 200), 100);
  ftps_shm_segment_close(segment);
}

/* Whoever has the old file goes on with it. */
static void changes_its_size(void **state) {
  static const uint32_t sizes[] = { 9, 1, 2, 7 };
  struct ftps_shm_segment *old = open_it(STRIPES(4)), *segment;

  (void) state;
  put_all(old, 100);
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    segment = open_it(STRIPES(sizes[i]));
    assert_non_null(strstr(report.note, "and its entries"));
    assert_int_equal(ftps_shm_segment_size(segment), STRIPES(sizes[i]));
    assert_int_equal(count(segment, 200), 100);
    ftps_shm_segment_close(segment);
  }
  assert_false(ftps_shm_segment_is_current(old, path, STRIPES(4)));
  assert_true(put(old, 150));
  assert_int_equal(count(old, 200), 101);
  ftps_shm_segment_close(old);
}

/* With a cache of before at PATH: what is done to it, and what is said. */
static void expect_set_aside(const char *why) {
  struct ftps_shm_segment *segment = open_it(STRIPES(2));

  assert_non_null(strstr(report.note, why));
  assert_non_null(strstr(report.note, bad_path));
  assert_int_equal(count(segment, 10), 0);
  assert_true(put(segment, 1));
  ftps_shm_segment_close(segment);
  segment = open_it(STRIPES(2));
  assert_string_equal(report.note, "");
  assert_true(has(segment, 1));
  ftps_shm_segment_close(segment);
}

static void make_old(void) {
  struct ftps_shm_segment *segment;

  (void) empty_folder(NULL);
  segment = open_it(STRIPES(2));
  put_all(segment, 10);
  ftps_shm_segment_close(segment);
}

static void sets_damaged_files_aside(void **state) {
  char text[64] = "";
  int fd;

  (void) state;
  make_old();
  write_at(path, 0, "what is this");
  expect_set_aside("was not made by mod_ftps_shmcache");

  for (off_t at = 8; at < 72; at += 7) {
    make_old();
    change_byte(path, at);
    expect_set_aside("its header is damaged");
  }

  make_old();
  assert_int_equal(truncate(path, (off_t) STRIPES(1)), 0);
  expect_set_aside("its size is not what its header says");

  make_old();
  assert_int_equal(truncate(path, 20), 0);
  expect_set_aside("too short");

  make_old();
  assert_int_equal(chmod(path, 0620), 0);
  expect_set_aside("others may read or write it");

  make_old();
  assert_int_equal(link(path, other_path), 0);
  expect_set_aside("others may read or write it");

  (void) empty_folder(NULL);
  write_at(path, 0, "a letter to nobody");
  expect_set_aside("too short");
  fd = open(bad_path, O_RDONLY);
  assert_true(fd >= 0);
  assert_int_equal(read(fd, text, sizeof(text)), 18);
  assert_string_equal(text, "a letter to nobody");
  close(fd);
}

static void replaces_no_file_that_was_set_aside(void **state) {
  struct ftps_shm_segment *segment;

  (void) state;
  for (int i = 0; i < 10; i++) {
    (void) unlink(path);
    write_at(path, 0, "foreign");
    segment = open_it(STRIPES(1));
    ftps_shm_segment_close(segment);
  }
  (void) unlink(path);
  write_at(path, 0, "foreign");
  assert_null(ftps_shm_segment_open(path, STRIPES(1), &report));
  assert_non_null(strstr(report.fault, "remove them"));
}

static void takes_an_empty_file_over(void **state) {
  struct ftps_shm_segment *segment;

  (void) state;
  write_at(path, 0, "");
  segment = open_it(STRIPES(1));
  assert_string_equal(report.note, "");
  assert_int_not_equal(access(bad_path, F_OK), 0);
  ftps_shm_segment_close(segment);
}

static void expect_refused(const char *name, uint64_t size, const char *why) {
  assert_int_equal(ftps_shm_file_check(name, size, &report), -1);
  assert_non_null(strstr(report.fault, why));
  assert_null(ftps_shm_segment_open(name, size, &report));
  assert_non_null(strstr(report.fault, why));
}

static void refuses_strangers(void **state) {
  const char *names[] = { path, lock_path };

  (void) state;
  for (size_t i = 0; i < 2; i++) {
    write_at(other_path, 0, "precious");
    assert_int_equal(symlink(other_path, names[i]), 0);
    expect_refused(path, STRIPES(1), "symbolic link");
    (void) unlink(names[i]);

    assert_int_equal(mkfifo(names[i], 0600), 0);
    expect_refused(path, STRIPES(1), "no regular file");
    (void) unlink(names[i]);

    if (geteuid() == 0) {
      write_at(names[i], 0, "somebody's");
      assert_int_equal(chown(names[i], 65534, 65534), 0);
      expect_refused(path, STRIPES(1), "belongs to another user");
      (void) unlink(names[i]);
    }
  }

  expect_refused("cache", STRIPES(1), "begins with /");
  expect_refused("/no/such/folder/cache", STRIPES(1), "cannot be written to");
  expect_refused(path, STRIPES(1) - 1, "the smallest is 196608");
  expect_refused(path, FTPS_SHM_MAXIMUM_SIZE + 1, "the largest");
}

static void looks_without_touching(void **state) {
  (void) state;
  assert_int_equal(ftps_shm_file_check(path, STRIPES(1), &report), 0);
  assert_int_not_equal(access(path, F_OK), 0);
  assert_int_not_equal(access(lock_path, F_OK), 0);
}

static void tells_that_the_file_was_cut(void **state) {
  struct ftps_shm_segment *segment = open_it(STRIPES(2)), *other;

  (void) state;
  assert_true(put(segment, 1));
  assert_int_equal(truncate(path, 0), 0);
  assert_int_equal(ftps_shm_segment_lock(segment, 0, true, 10), -1);
  assert_int_equal(errno, EIO);
  assert_false(ftps_shm_segment_is_current(segment, path, STRIPES(2)));
  other = open_it(STRIPES(2));
  assert_true(put(other, 1));
  ftps_shm_segment_close(other);
  ftps_shm_segment_close(segment);
}

static void unlinks(void **state) {
  struct ftps_shm_segment *segment = open_it(STRIPES(1));

  (void) state;
  assert_int_equal(ftps_shm_file_unlink(path), 0);
  assert_int_not_equal(access(path, F_OK), 0);
  assert_int_not_equal(access(lock_path, F_OK), 0);
  assert_true(put(segment, 1));
  assert_false(ftps_shm_segment_is_current(segment, path, STRIPES(1)));
  ftps_shm_segment_close(segment);
}

static void wait_for(pid_t pid) {
  assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* A child that holds a lock, stopped: a lock is a matter of the deadline.  Then
 * it is killed.
 */
static void waits_no_longer_than_it_may(void **state) {
  struct ftps_shm_segment *segment = open_it(STRIPES(3));
  unsigned char buffer[FTPS_SHM_STRIPE_SIZE];
  struct ftps_shm_store copy;
  unsigned int patience_ms = 30;
  struct timespec from, to;
  int ready[2];
  char byte;
  long took;
  pid_t pid;

  (void) state;
  assert_int_equal(pipe(ready), 0);
  pid = fork();
  if (pid == 0) {
    (void) alarm(LONGEST_LIFE);
    (void) ftps_shm_segment_lock(segment, 0, true, 1000);
    (void) ftps_shm_segment_lock(segment, 2, true, 1000);
    (void) !write(ready[1], "", 1);
    (void) pause();
    _exit(0);
  }
  assert_int_equal(read(ready[0], &byte, 1), 1);
  (void) kill(pid, SIGSTOP);

  (void) clock_gettime(CLOCK_MONOTONIC, &from);
  assert_int_equal(ftps_shm_segment_lock(segment, 0, false, 30), -1);
  assert_int_equal(errno, EAGAIN);
  (void) clock_gettime(CLOCK_MONOTONIC, &to);
  took =
      (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
  assert_true(took >= 25 && took <= 2000);
  assert_int_equal(ftps_shm_segment_lock(segment, 1, true, 0), 0);
  ftps_shm_segment_unlock(segment, 1);

  assert_int_equal(ftps_shm_segment_copy(segment, 0, &patience_ms, buffer,
                       &copy),
      -1);
  assert_int_equal(patience_ms, 0);
  assert_int_equal(ftps_shm_segment_copy(segment, 1, &patience_ms, buffer,
                       &copy),
      0);
  assert_int_equal(ftps_shm_segment_copy(segment, 2, &patience_ms, buffer,
                       &copy),
      -1);

  (void) kill(pid, SIGKILL);
  wait_for(pid);
  assert_int_equal(ftps_shm_segment_lock(segment, 0, true, 0), 0);
  ftps_shm_segment_unlock(segment, 0);
  close(ready[0]);
  close(ready[1]);
  ftps_shm_segment_close(segment);
}

/* A session that was taken over holds all locks.  The file is there, and a
 * daemon that reads its configuration again has it at once.
 */
static void opens_what_is_locked(void **state) {
  struct ftps_shm_segment *segment = open_it(STRIPES(2));
  struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
  struct timespec from, to;
  int ready[2];
  char byte;
  pid_t pid;

  (void) state;
  ftps_shm_segment_close(segment);
  assert_int_equal(pipe(ready), 0);
  pid = fork();
  if (pid == 0) {
    (void) alarm(LONGEST_LIFE);
    (void) fcntl(open(lock_path, O_RDWR), F_SETLK, &all);
    (void) !write(ready[1], "", 1);
    (void) pause();
    _exit(0);
  }
  assert_int_equal(read(ready[0], &byte, 1), 1);

  (void) clock_gettime(CLOCK_MONOTONIC, &from);
  segment = open_it(STRIPES(2));
  (void) clock_gettime(CLOCK_MONOTONIC, &to);
  assert_true(to.tv_sec - from.tv_sec <= 2);
  (void) kill(pid, SIGKILL);
  wait_for(pid);
  put_all(segment, 10);
  ftps_shm_segment_close(segment);
  close(ready[0]);
  close(ready[1]);
}

static pid_t start_putter(struct ftps_shm_segment *segment) {
  pid_t pid = fork();

  if (pid == 0) {
    (void) alarm(LONGEST_LIFE);
    for (uint32_t i = 0;; i = (i + 1) % 5000) {
      (void) put(segment, i);
    }
  }
  return pid;
}

/* On a busy machine the one that has the lock may wait for the processor longer
 * than anybody waits for the lock.
 */
static bool put_at_last(struct ftps_shm_segment *segment, uint32_t i) {
  const struct timespec pause = { 0, 10000000 };
  int tries = 0;

  while (!put(segment, i) && ++tries < 500) {
    (void) nanosleep(&pause, NULL);
  }
  return tries < 500;
}

/* Whatever they leave behind, all of it is used on. */
static void outlives_killed_writers(void **state) {
  struct ftps_shm_segment *segment = open_it(STRIPES(2));
  struct timespec pause = { 0, 1000000 };
  pid_t pids[3] = { 0 };

  (void) state;
  for (int round = 0; round < 120; round++) {
    pid_t *pid = &pids[round % 3];

    if (*pid > 0) {
      (void) kill(*pid, SIGKILL);
      wait_for(*pid);
    }
    *pid = start_putter(segment);
    assert_true(*pid > 0);
    assert_true(put_at_last(segment, (uint32_t) round));
    (void) count(segment, 20);
    (void) nanosleep(&pause, NULL);
  }
  for (size_t i = 0; i < 3; i++) {
    (void) kill(pids[i], SIGKILL);
    wait_for(pids[i]);
  }
  put_all(segment, 300);
  assert_int_equal(count(segment, 300), 300);
  ftps_shm_segment_close(segment);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_teardown(keeps_entries, empty_folder),
    cmocka_unit_test_teardown(changes_its_size, empty_folder),
    cmocka_unit_test_teardown(sets_damaged_files_aside, empty_folder),
    cmocka_unit_test_teardown(replaces_no_file_that_was_set_aside,
        empty_folder),
    cmocka_unit_test_teardown(takes_an_empty_file_over, empty_folder),
    cmocka_unit_test_teardown(refuses_strangers, empty_folder),
    cmocka_unit_test_teardown(looks_without_touching, empty_folder),
    cmocka_unit_test_teardown(tells_that_the_file_was_cut, empty_folder),
    cmocka_unit_test_teardown(unlinks, empty_folder),
    cmocka_unit_test_teardown(waits_no_longer_than_it_may, empty_folder),
    cmocka_unit_test_teardown(opens_what_is_locked, empty_folder),
    cmocka_unit_test_teardown(outlives_killed_writers, empty_folder),
  };

  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
