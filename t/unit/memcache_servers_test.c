/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * memcache_servers_test.c: words of MemcacheServers, and which server a key
 * belongs to (memcache/servers.h).
 */
#include "memcache/servers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void test_words(void **state) {
  static const char *good[] = { "cache", "cache:11211", "127.0.0.1:1",
    "127.0.0.1", "[::1]", "[::1]:65535", "/run/memcached.sock" };
  static const char long_path[] =
      "/0123456789012345678901234567890123456789012345678901234567890123456789"
      "012345678901234567890123456789012345678";
  const char *bad[] = { "", ":1", "cache:", "cache:0", "cache:65536",
    "cache:1x", "cache:-1", "cache: 1", "[::1", "[::1]1", "[]:1", "::1",
    "cache:111111111111", long_path };
  char longest[FTPS_SERVERS_NAME_MAX + 2];

  (void) state;
  for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
    assert_null(ftps_servers_fault(good[i]));
  }
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    if (ftps_servers_fault(bad[i]) == NULL) {
      fail_msg("accepted: %s", bad[i]);
    }
  }

  memset(longest, 'a', sizeof(longest));
  longest[sizeof(longest) - 1] = '\0';
  assert_non_null(ftps_servers_fault(longest));
}

static void test_addresses(void **state) {
  struct ftps_server server = { .name = "127.0.0.1:21000" };

  (void) state;
  assert_null(ftps_servers_find_address(&server));
  assert_int_equal(server.address.ss_family, AF_INET);
  server.name = "[::1]:21000";
  assert_null(ftps_servers_find_address(&server));
  assert_int_equal(server.address.ss_family, AF_INET6);
  server.name = "/run/memcached.sock";
  assert_null(ftps_servers_find_address(&server));
  assert_int_equal(server.address.ss_family, AF_UNIX);
  server.name = "no-such-host.invalid";
  assert_non_null(ftps_servers_find_address(&server));
  assert_int_equal(server.address_len, 0);
}

/* Each server gets its share, whatever the order of the words; when one goes,
 * only its keys move.
 */
static void test_order(void **state) {
  const struct ftps_server servers[] = { { .name = "10.0.0.1:11211" },
    { .name = "10.0.0.2:11211" }, { .name = "10.0.0.3:11211" } };
  const struct ftps_server turned[] = { servers[2], servers[0], servers[1] };
  const struct ftps_server fewer[] = { servers[0], servers[1] };
  size_t counts[3] = { 0 };

  (void) state;
  for (unsigned int i = 0; i < 3000; i++) {
    size_t order[3], other[3];
    char key[32];

    (void) snprintf(key, sizeof(key), "ftps:sess:%08x", i * 2654435761U);
    ftps_servers_order(servers, 3, key, order);
    assert_int_equal(order[0] + order[1] + order[2], 3);
    assert_true(order[0] != order[1]);
    counts[order[0]]++;

    ftps_servers_order(turned, 3, key, other);
    for (size_t k = 0; k < 3; k++) {
      assert_string_equal(servers[order[k]].name, turned[other[k]].name);
    }

    ftps_servers_order(fewer, 2, key, other);
    assert_int_equal(other[0], order[0] == 2 ? order[1] : order[0]);
  }
  for (size_t k = 0; k < 3; k++) {
    assert_true(counts[k] >= 900 && counts[k] <= 1100);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = { cmocka_unit_test(test_words),
    cmocka_unit_test(test_addresses), cmocka_unit_test(test_order) };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
