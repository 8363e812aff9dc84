/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * memcache_wire_test.c: answers of memcached, and of whoever sits at its place
 * (memcache/wire.h).
 */
#include "memcache/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes from a copy that ends where the text ends, so that a sanitizer sees
 * each byte read behind it.
 */
static size_t take(const char *text, size_t len, struct ftps_wire_item *item) {
  unsigned char *copy = malloc(len > 0 ? len : 1);
  size_t used;

  assert_non_null(copy);
  memcpy(copy, text, len);
  used = ftps_wire_take(copy, len, item);
  assert_true(used <= len);
  if (item->name != NULL) {
    size_t at = (size_t) ((const unsigned char *) item->name - copy);

    assert_true(at + item->name_len <= len);
    item->name = text + at;
  }
  if (item->data != NULL) {
    size_t at = (size_t) (item->data - copy);

    assert_true(at + item->data_len <= len);
    item->data = (const unsigned char *) text + at;
  }
  free(copy);
  return used;
}

static void test_values(void **state) {
  static const char text[] = "VALUE ftps:sess:00 7 5 42\r\nab\r\nc\r\nEND\r\n";
  struct ftps_wire_item item;
  size_t used;

  (void) state;
  used = take(text, sizeof(text) - 1, &item);
  assert_int_equal(item.kind, FTPS_WIRE_VALUE);
  assert_int_equal(used, sizeof(text) - 1 - 5);
  assert_int_equal(item.name_len, 12);
  assert_memory_equal(item.name, "ftps:sess:00", 12);
  assert_int_equal(item.data_len, 5);
  assert_memory_equal(item.data, "ab\r\nc", 5);
  assert_int_equal(item.cas, 42);

  for (size_t len = 0; len < used; len++) {
    assert_int_equal(take(text, len, &item), 0);
    assert_int_equal(item.kind, FTPS_WIRE_MORE);
  }

  assert_int_equal(take("VALUE k 0 0\r\n\r\n", 15, &item), 15);
  assert_int_equal(item.kind, FTPS_WIRE_VALUE);
  assert_int_equal(item.data_len, 0);
  assert_int_equal(item.cas, 0);
}

static void test_lines(void **state) {
  static const struct {
    const char *text;
    enum ftps_wire_kind kind;
  } rows[] = { { "END\r\n", FTPS_WIRE_END }, { "STORED\r\n", FTPS_WIRE_STORED },
    { "NOT_STORED\r\n", FTPS_WIRE_NOT_STORED },
    { "EXISTS\r\n", FTPS_WIRE_EXISTS }, { "DELETED\r\n", FTPS_WIRE_DELETED },
    { "NOT_FOUND\r\n", FTPS_WIRE_NOT_FOUND }, { "ERROR\r\n", FTPS_WIRE_ERROR },
    { "CLIENT_ERROR bad data chunk\r\n", FTPS_WIRE_ERROR },
    { "SERVER_ERROR out of memory storing object\r\n", FTPS_WIRE_ERROR },
    { "STAT bytes 12\r\n", FTPS_WIRE_STAT }, { "\r\n", FTPS_WIRE_BAD },
    { "\n", FTPS_WIRE_BAD }, { "END\n", FTPS_WIRE_BAD },
    { "ENDE\r\n", FTPS_WIRE_BAD }, { "EN\r\n", FTPS_WIRE_BAD },
    { " END\r\n", FTPS_WIRE_BAD }, { "end\r\n", FTPS_WIRE_BAD },
    { "220 ProFTPD\r\n", FTPS_WIRE_BAD }, { "STAT bytes\r\n", FTPS_WIRE_BAD },
    { "VALUE\r\n", FTPS_WIRE_BAD }, { "VALUE k\r\n", FTPS_WIRE_BAD },
    { "VALUE k 0\r\n", FTPS_WIRE_BAD }, { "VALUE k 0 -1\r\n", FTPS_WIRE_BAD },
    { "VALUE  0 1\r\nx\r\n", FTPS_WIRE_BAD },
    { "VALUE k x 1\r\nx\r\n", FTPS_WIRE_BAD },
    { "VALUE k 0 1 y\r\nx\r\n", FTPS_WIRE_BAD },
    { "VALUE k 0 1 2 3\r\nx\r\n", FTPS_WIRE_BAD },
    { "VALUE k 0 1\r\nxyz", FTPS_WIRE_BAD },
    { "VALUE k 0 33001\r\n", FTPS_WIRE_LARGE },
    { "VALUE k 0 18446744073709551615\r\n", FTPS_WIRE_LARGE },
    { "VALUE k 0 18446744073709551616\r\n", FTPS_WIRE_BAD },
    { "VALUE k 0 33000\r\n", FTPS_WIRE_MORE }, { "VALUE", FTPS_WIRE_MORE },
    { "", FTPS_WIRE_MORE } };

  (void) state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    struct ftps_wire_item item;
    size_t len = strlen(rows[i].text);
    size_t used = take(rows[i].text, len, &item);
    bool is_whole = rows[i].kind >= FTPS_WIRE_VALUE;

    if (item.kind != rows[i].kind) {
      fail_msg("%s: %d", rows[i].text, (int) item.kind);
    }
    assert_int_equal(used, is_whole ? len : 0);
  }
}

static void test_long_lines(void **state) {
  char line[FTPS_WIRE_LINE_MAX + 8];
  struct ftps_wire_item item;

  (void) state;
  memset(line, 'a', sizeof(line));
  assert_int_equal(take(line, FTPS_WIRE_LINE_MAX - 1, &item), 0);
  assert_int_equal(item.kind, FTPS_WIRE_MORE);
  assert_int_equal(take(line, FTPS_WIRE_LINE_MAX, &item), 0);
  assert_int_equal(item.kind, FTPS_WIRE_BAD);

  /* NOLINTNEXTLINE: the protocol has no NUL */
  memcpy(line, "ERROR ", 6);
  /* NOLINTNEXTLINE: the protocol has no NUL */
  memcpy(line + FTPS_WIRE_LINE_MAX, "\r\n", 2);
  assert_int_equal(take(line, sizeof(line), &item), 0);
  assert_int_equal(item.kind, FTPS_WIRE_BAD);

  memset(line, 'k', sizeof(line));
  /* NOLINTNEXTLINE: the protocol has no NUL */
  memcpy(line, "VALUE ", 6);
  /* NOLINTNEXTLINE: the protocol has no NUL */
  memcpy(line + 6 + FTPS_WIRE_KEY_MAX + 1, " 0 1\r\nx\r\n", 9);
  assert_int_equal(take(line, 6 + FTPS_WIRE_KEY_MAX + 10, &item), 0);
  assert_int_equal(item.kind, FTPS_WIRE_BAD);
}

/* Every text of up to four bytes out of those that mean something. */
static void test_short_texts(void **state) {
  static const char bytes[] = "\r\n V01E";
  char text[5];

  (void) state;
  for (size_t len = 1; len <= 4; len++) {
    size_t count = 1;

    for (size_t i = 0; i < len; i++) {
      count *= sizeof(bytes);
    }
    for (size_t n = 0; n < count; n++) {
      struct ftps_wire_item item;

      for (size_t i = 0, rest = n; i < len; i++, rest /= sizeof(bytes)) {
        text[i] = bytes[rest % sizeof(bytes)];
      }
      (void) take(text, len, &item);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = { cmocka_unit_test(test_values),
    cmocka_unit_test(test_lines), cmocka_unit_test(test_long_lines),
    cmocka_unit_test(test_short_texts) };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
