/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * memcache_entries_test.c: the callbacks of mod_ftps_memcache
 * (memcache/entries.h), and below them memcache/memcached.h, with servers that
 * are scripts of this file: a child each, at a socket of its own.
 *
 * What a real memcached answers is the matter of t/42-memcache.t.
 */
#include "memcache/entries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/clock.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a server does: for each line or value that it gets, in turn, it sends a
 * text; one that begins with "STAT", again and again.  NULL: it closes the
 * connection, and goes on with the next one.
 */
struct script {
  pid_t pid;
};

static char dir[64], paths[2][80];
static struct script scripts[2];
static struct ftps_cache cache;
static unsigned int reports, recoveries;

static void count_report(const char *server, const char *why) {
  assert_non_null(server);
  if (why != NULL) {
    reports++;
  } else {
    recoveries++;
  }
}

static int make_dir(void **state) {
  (void) state;
  (void) snprintf(dir, sizeof(dir), "/tmp/ftps-entries-XXXXXX");
  if (mkdtemp(dir) == NULL) {
    return -1;
  }

  for (int i = 0; i < 2; i++) {
    (void) snprintf(paths[i], sizeof(paths[i]), "%s/%d", dir, i);
  }
  return 0;
}

static int remove_dir(void **state) {
  (void) state;
  return rmdir(dir);
}

/* Reads until the end of a command: a line, or the value behind a set, which
 * these tests end with "!".
 */
static bool read_command(int fd) {
  char line[4096] = "";
  size_t len = 0;
  bool is_set;

  for (;;) {
    if (len == sizeof(line) || read(fd, line + len, 1) != 1) {
      return false;
    }
    len++;
    is_set = strncmp(line, "gets", 4) != 0 && strncmp(line, "delete", 6) != 0 &&
        strncmp(line, "stats", 5) != 0;
    if (len >= 3 && memcmp(line + len - 2, "\r\n", 2) == 0 &&
        (!is_set || line[len - 3] == '!')) {
      return true;
    }
  }
}

/* What comes behind the last text is not answered. */
static void play(int listener, const char *const *texts, size_t n) {
  size_t i = 0;

  for (;;) {
    int fd = accept(listener, NULL, NULL);

    while (fd >= 0 && read_command(fd) && i < n) {
      const char *text = texts[i++];
      size_t len;

      if (text == NULL) {
        break;
      }
      len = strlen(text);
      while (strncmp(text, "STAT", 4) == 0 &&
          write(fd, text, len) == (ssize_t) len) {
        continue;
      }
      if (write(fd, text, len) != (ssize_t) len) {
        break;
      }
    }
    (void) close(fd);
  }
}

static void start(int i, const char *const *texts, size_t n) {
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);

  (void) snprintf(address.sun_path, sizeof(address.sun_path), "%s", paths[i]);
  assert_int_equal(bind(listener, (struct sockaddr *) &address,
                       sizeof(address)),
      0);
  assert_int_equal(listen(listener, 8), 0);
  scripts[i].pid = fork();
  assert_true(scripts[i].pid >= 0);
  if (scripts[i].pid == 0) {
    play(listener, texts, n);
    _exit(0);
  }
  (void) close(listener);
}

static void finish(int i) {
  int status;

  if (scripts[i].pid > 0) {
    (void) kill(scripts[i].pid, SIGKILL);
    (void) waitpid(scripts[i].pid, &status, 0);
    (void) unlink(paths[i]);
    scripts[i].pid = 0;
  }
}

static void open_cache(size_t count) {
  struct ftps_server servers[2];

  memset(servers, 0, sizeof(servers));
  for (size_t i = 0; i < count; i++) {
    servers[i].name = paths[i];
    assert_null(ftps_servers_find_address(&servers[i]));
  }
  reports = recoveries = 0;
  memset(&cache, 0, sizeof(cache));
  memcpy(cache.space, "sess", 5);
  memcpy(cache.generation_key, "ftps:sess:generation", 21);
  cache.m = ftps_memcached_new(servers, count, count_report);
  assert_non_null(cache.m);
}

static int close_all(void **state) {
  (void) state;
  ftps_memcached_free(cache.m);
  cache.m = NULL;
  finish(0);
  finish(1);
  return 0;
}

static enum ftps_cache_result get(unsigned char *value, size_t *len) {
  return ftps_entries_get_cb(&cache, "\x01\xab", 2, value, len, 200);
}

static enum ftps_cache_result put(void) {
  return ftps_entries_put_cb(&cache, "\x01\xab", 2, "abc!", 4, time(NULL) + 100,
      200);
}

static void test_foreign_values(void **state) {
  static const char *const texts[] = {
    "END\r\n",
    "VALUE ftps:sess:01ab 0 7 1\r\ngarbage\r\nEND\r\n",
    "VALUE ftps:sess:01ab 0 0 1\r\n\r\nEND\r\n",
    "VALUE ftps:sess:other 0 3 1\r\nabc\r\nEND\r\n",
    "VALUE ftps:sess:generation 0 3 1\r\nabc\r\nEND\r\n",
    "VALUE ftps:sess:01ab 0 24 1\r\nmFT1cut off cut off cut \r\nEND\r\n",
    "VALUE ftps:sess:01ab 0 999999 1\r\n", /* the connection is given up */
    "VALUE ftps:sess:01ab 0 3 1\r\nabc\r\nEND\r\nEND\r\n", /* the same */
    "END\r\n",
  };
  unsigned char value[64];

  (void) state;
  start(0, texts, COUNT(texts));
  open_cache(1);
  for (size_t i = 0; i < COUNT(texts); i++) {
    size_t len = sizeof(value);

    assert_int_equal(get(value, &len), FTPS_CACHE_MISS);
  }
  assert_int_equal(reports, 0);
}

static void test_no_memcached(void **state) {
  static const char *const texts[] = { "220 ProFTPD Server\r\n", NULL };
  unsigned char value[64];
  size_t len = sizeof(value);

  (void) state;
  start(0, texts, COUNT(texts));
  open_cache(1);
  assert_int_equal(get(value, &len), FTPS_CACHE_UNAVAILABLE);
  assert_int_equal(reports, 1);
  assert_int_equal(get(value, &len), FTPS_CACHE_UNAVAILABLE);
  assert_int_equal(put(), FTPS_CACHE_UNAVAILABLE);
  assert_int_equal(reports, 1);
}

static void test_closed_connection(void **state) {
  static const char *const texts[] = { "END\r\n", NULL, "END\r\n", NULL, NULL };
  unsigned char value[64];
  size_t len = sizeof(value);

  (void) state;
  start(0, texts, COUNT(texts));
  open_cache(1);
  assert_int_equal(get(value, &len), FTPS_CACHE_MISS);
  assert_int_equal(get(value, &len), FTPS_CACHE_MISS);
  assert_int_equal(reports, 0);
  assert_int_equal(get(value, &len), FTPS_CACHE_UNAVAILABLE);
  assert_int_equal(reports, 1);
}

/* The deadline is paid once, also where the answer comes byte by byte; other
 * processes learn of it; a child uses a connection of its own.  A busy machine
 * does not make each of several rounds slow.
 */
static void try_deadline(uint64_t *first, uint64_t *then) {
  static const char *const texts[] = { "EN", "D", NULL };
  unsigned char value[64];
  size_t len = sizeof(value);
  uint64_t begin = ftps_clock_ms(), took;
  int status;
  pid_t pid;

  start(0, texts, COUNT(texts));
  open_cache(1);
  assert_int_equal(get(value, &len), FTPS_CACHE_UNAVAILABLE);
  took = ftps_clock_ms() - begin;
  assert_true(took >= 190);
  *first = took < *first ? took : *first;

  begin = ftps_clock_ms();
  pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    _exit(get(value, &len) == FTPS_CACHE_UNAVAILABLE ? 0 : 1);
  }
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
  assert_int_equal(get(value, &len), FTPS_CACHE_UNAVAILABLE);
  took = ftps_clock_ms() - begin;
  *then = took < *then ? took : *then;
}

static void test_deadline(void **state) {
  uint64_t first = UINT64_MAX, then = UINT64_MAX;

  (void) state;
  for (int i = 0; i < 10 && (first > 400 || then > 150); i++) {
    try_deadline(&first, &then);
    (void) close_all(NULL);
  }
  assert_true(first >= 190 && first <= 400);
  assert_true(then <= 150);
}

static void test_forked_connection(void **state) {
  static const char *const texts[] = { "END\r\n", "END\r\n", "END\r\n" };
  unsigned char value[64];
  size_t len = sizeof(value);
  int status;
  pid_t pid;

  (void) state;
  start(0, texts, COUNT(texts));
  open_cache(1);
  assert_int_equal(get(value, &len), FTPS_CACHE_MISS);
  pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    /* This script serves one connection after the other: with one of its own
     * the child is not served, and the parent's remains whole.
     */
    _exit(get(value, &len) == FTPS_CACHE_UNAVAILABLE ? 0 : 1);
  }
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
}

/* One of two is not there: the other one takes over at once. */
static void test_one_of_two(void **state) {
  static const char *const texts[] = { "END\r\n", "END\r\n", "END\r\n",
    "END\r\n", "END\r\n", "END\r\n", "END\r\n", "END\r\n" };

  (void) state;
  start(0, texts, COUNT(texts));
  open_cache(2);
  for (unsigned char i = 0; i < 8; i++) {
    unsigned char value[64];
    size_t len = sizeof(value);

    assert_int_equal(ftps_entries_get_cb(&cache, &i, 1, value, &len, 200),
        FTPS_CACHE_MISS);
  }
  assert_int_equal(reports, 1);
}

/* The generation that was supposed is not the one that is: stored anew.  And
 * where the server has no room: no fault of the server.
 */
static void test_put(void **state) {
  static const char *const texts[] = {
    "VALUE ftps:sess:generation 0 2 1\r\n77\r\nEND\r\n", "STORED\r\n",
    "VALUE ftps:sess:generation 0 2 1\r\n77\r\nEND\r\n", "STORED\r\n",
    "VALUE ftps:sess:generation 0 2 1\r\n77\r\nEND\r\n",
    "SERVER_ERROR out of memory storing object\r\n"
  };

  (void) state;
  start(0, texts, COUNT(texts));
  open_cache(1);
  assert_int_equal(put(), FTPS_CACHE_OK);
  assert_true(ftps_memcached_get_shared(cache.m) == 77);
  assert_int_equal(put(), FTPS_CACHE_MISS);
  assert_int_equal(reports, 0);
}

/* Garbage and dead values do not keep a key for ever. */
static void test_add(void **state) {
  static const char *const texts[] = { "END\r\n", "END\r\n", "STORED\r\n",
    "VALUE ftps:sess:01ab 0 3 9\r\nabc\r\nEND\r\n", "END\r\n", "STORED\r\n",
    "VALUE ftps:sess:01ab 0 3 9\r\nabc\r\nEND\r\n", "END\r\n", "EXISTS\r\n",
    "END\r\n", "END\r\n", "NOT_STORED\r\n" };
  static const enum ftps_cache_result results[] = { FTPS_CACHE_OK,
    FTPS_CACHE_OK, FTPS_CACHE_MISS, FTPS_CACHE_MISS };

  (void) state;
  start(0, texts, COUNT(texts));
  open_cache(1);
  for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
    assert_int_equal(ftps_entries_add_cb(&cache, "\x01\xab", 2, "abc!", 4,
                         time(NULL) + 100, 200),
        results[i]);
  }
}

/* Who never stops is cut off. */
static void test_endless(void **state) {
  static const char *texts[1];
  static char text[1000001];
  unsigned char value[64];
  size_t len = sizeof(value);
  uint64_t begin, took, least = UINT64_MAX;

  (void) state;
  for (size_t i = 0; i + 10 < sizeof(text); i += 10) {
    /* NOLINTNEXTLINE: the protocol has no NUL */
    memcpy(text + i, "STAT a 0\r\n", 10);
  }
  texts[0] = text;
  for (int i = 0; i < 4; i++) {
    start(0, texts, COUNT(texts));
    open_cache(1);
    begin = ftps_clock_ms();
    assert_int_equal(get(value, &len), FTPS_CACHE_UNAVAILABLE);
    took = ftps_clock_ms() - begin;
    assert_true(took >= 190);
    least = took < least ? took : least;
    (void) close_all(NULL);
  }
  assert_true(least >= 190 && least <= 600);
}

/* The page of marks, as a process that somebody has taken over would leave it.
 */
static void test_marks_of_others(void **state) {
  static const char *const texts[] = { "END\r\n", "END\r\n" };
  unsigned char value[64];
  size_t len = sizeof(value);
  uint64_t *page = NULL;
  char line[256];
  FILE *maps;

  (void) state;
  start(0, texts, COUNT(texts));
  open_cache(1);
  maps = fopen("/proc/self/maps", "r");
  assert_non_null(maps);
  while (page == NULL && fgets(line, sizeof(line), maps) != NULL) {
    if (strstr(line, "/dev/zero") != NULL) {
      page = (uint64_t *) strtoul(line, NULL, 16);
    }
  }
  (void) fclose(maps);
  assert_non_null(page);

  assert_int_equal(get(value, &len), FTPS_CACHE_MISS);
  page[1] = UINT64_MAX; /* NOLINT: asserted above */
  len = sizeof(value);
  assert_int_equal(get(value, &len), FTPS_CACHE_MISS);
  assert_int_equal(page[1], 0);
}

/* A socket that connects, and never answers. */
static int listen_at(const char *where) {
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);

  (void) snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", where);
  assert_int_equal(bind(listener, (struct sockaddr *) &address,
                       sizeof(address)),
      0);
  assert_int_equal(listen(listener, 8), 0);
  return listener;
}

/* An administrator waits for all servers as long as for one. */
static void test_status_of_silent_servers(void **state) {
  struct ftps_cache_status status;
  int listeners[2];
  uint64_t begin, took;

  (void) state;
  for (int i = 0; i < 2; i++) {
    listeners[i] = listen_at(paths[i]);
  }
  open_cache(2);
  begin = ftps_clock_ms();
  assert_int_equal(ftps_entries_status(&cache, &status), -1);
  took = ftps_clock_ms() - begin;
  assert_true(took >= 900 && took <= 1700);
  for (int i = 0; i < 2; i++) {
    (void) close(listeners[i]);
    (void) unlink(paths[i]);
  }
}

/* After the login: not asked, not marked, and a miss. */
static void test_left_paths(void **state) {
  static const char *const texts[] = { "END\r\n" };
  unsigned char value[64];
  size_t len = sizeof(value);

  (void) state;
  open_cache(1);
  ftps_memcached_leave_paths(cache.m);
  assert_int_equal(get(value, &len), FTPS_CACHE_MISS);
  assert_int_equal(put(), FTPS_CACHE_MISS);
  assert_int_equal(ftps_entries_del_cb(&cache, "\x01\xab", 2, 200),
      FTPS_CACHE_MISS);
  assert_int_equal(reports, 0);
  ftps_memcached_free(cache.m);

  start(0, texts, COUNT(texts));
  open_cache(1);
  assert_true(ftps_memcached_can_ask(cache.m));
  assert_int_equal(get(value, &len), FTPS_CACHE_MISS);
  assert_int_equal(reports, 0);
}

static void test_limits(void **state) {
  unsigned char bytes[FTPS_ENTRIES_VALUE_MAX + 1] = { 0 };
  size_t len = sizeof(bytes);

  (void) state;
  open_cache(1); /* and no server: none of these asks one */
  assert_int_equal(ftps_entries_get_cb(&cache, bytes, FTPS_ENTRIES_KEY_MAX + 1,
                       bytes, &len, 200),
      FTPS_CACHE_MISS);
  assert_int_equal(ftps_entries_put_cb(&cache, "k", 1, bytes, sizeof(bytes),
                       time(NULL) + 100, 200),
      FTPS_CACHE_MISS);
  assert_int_equal(ftps_entries_put_cb(&cache, "k", 1, bytes, 1, time(NULL),
                       200),
      FTPS_CACHE_MISS);
  assert_int_equal(reports, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_teardown(test_foreign_values, close_all),
    cmocka_unit_test_teardown(test_no_memcached, close_all),
    cmocka_unit_test_teardown(test_closed_connection, close_all),
    cmocka_unit_test_teardown(test_deadline, close_all),
    cmocka_unit_test_teardown(test_forked_connection, close_all),
    cmocka_unit_test_teardown(test_one_of_two, close_all),
    cmocka_unit_test_teardown(test_put, close_all),
    cmocka_unit_test_teardown(test_add, close_all),
    cmocka_unit_test_teardown(test_endless, close_all),
    cmocka_unit_test_teardown(test_marks_of_others, close_all),
    cmocka_unit_test_teardown(test_status_of_silent_servers, close_all),
    cmocka_unit_test_teardown(test_left_paths, close_all),
    cmocka_unit_test_teardown(test_limits, close_all)
  };

  (void) signal(SIGPIPE, SIG_IGN);
  return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
