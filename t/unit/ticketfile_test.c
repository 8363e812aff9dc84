/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ticketfile_test.c: files of ticket keys (tickets/ticketfile.h).
 */
#include "tickets/ticketfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#define RECORDS_MAX 40

static struct ftps_ticketfile file;
static struct ftps_error err;

/* Record `i` of `size` bytes: not all alike, and not text. */
static void make_record(unsigned char *record, size_t size, size_t i) {
  for (size_t k = 0; k < size; k++) {
    record[k] = (unsigned char) (k * 7 + i * 31 + 128);
  }
}

static size_t make_binary(unsigned char *bytes, size_t size, size_t n) {
  for (size_t i = 0; i < n; i++) {
    make_record(bytes + i * size, size, i);
  }

  return n * size;
}

static size_t make_line(char *text, size_t size, size_t i) {
  unsigned char record[80];

  make_record(record, size, i);
  return (size_t) EVP_EncodeBlock((unsigned char *) text, record, (int) size);
}

static int parse(const void *bytes, size_t len) {
  ftps_error_clear(&err);
  return ftps_ticketfile_parse(bytes, len, &file, &err);
}

static void is_record(size_t place, size_t size, size_t i) {
  unsigned char record[80], secret[FTPS_TICKET_SECRET_SIZE];

  make_record(record, size, i);
  assert_int_equal(ftps_keyring_extract(record, size, secret), 0);
  assert_memory_equal(file.secrets[place], secret, sizeof(secret));
}

static void reads_binary_records(void **state) {
  static const struct {
    size_t size, n;
  } rows[] = { { 80, 1 }, { 80, 3 }, { 80, 32 }, { 48, 1 }, { 48, 4 } };
  unsigned char bytes[RECORDS_MAX * 80];

  (void) state;
  for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
    size_t len = make_binary(bytes, rows[r].size, rows[r].n);

    assert_int_equal(parse(bytes, len), 0);
    assert_int_equal(file.n, rows[r].n);
    for (size_t i = 0; i < file.n; i++) {
      is_record(i, rows[r].size, i);
    }
  }
}

static void refuses_other_sizes(void **state) {
  static const size_t sizes[] = { 1, 47, 49, 79, 81, 128, 4096 };
  unsigned char bytes[4096];

  (void) state;
  make_record(bytes, sizeof(bytes), 0);
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    assert_int_equal(parse(bytes, sizes[i]), -1);
    assert_non_null(strstr(err.text, "80 or 48 bytes"));
  }

  assert_int_equal(parse(bytes, make_binary(bytes, 80, 33)), -1);
  assert_non_null(strstr(err.text, "33 records"));
}

static void refuses_bytes_that_are_not_random(void **state) {
  unsigned char bytes[160] = { 0 };

  (void) state;
  assert_int_equal(parse(bytes, 80), -1);
  assert_non_null(strstr(err.text, "one byte"));
  make_record(bytes, 80, 0);
  assert_int_equal(parse(bytes, 160), -1);
}

/* The last but one goes first; lines before the last three are not looked at,
 * as if they were not there.
 */
static void reads_lines(void **state) {
  static const struct {
    size_t n;
    size_t first, second, third;
  } rows[] = { { 1, 0, 0, 0 }, { 2, 0, 1, 0 }, { 3, 1, 2, 0 }, { 5, 3, 4, 2 } };

  (void) state;
  for (size_t size = 48; size <= 80; size += 32) {
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
      char text[1024];
      size_t len = 0;

      for (size_t i = 0; i < rows[r].n; i++) {
        len += make_line(text + len, size, i);
        len += (size_t) sprintf(text + len, i == 1 ? " \r\n\n" : "\n");
      }

      assert_int_equal(parse(text, len), 0);
      assert_int_equal(file.n, rows[r].n < 3 ? rows[r].n : 3);
      is_record(0, size, rows[r].first);
      if (file.n > 1) {
        is_record(1, size, rows[r].second);
      }
      if (file.n > 2) {
        is_record(2, size, rows[r].third);
      }
    }
  }
}

static void reads_a_line_without_end(void **state) {
  char text[256];

  (void) state;
  assert_int_equal(parse(text, make_line(text, 80, 7)), 0);
  assert_int_equal(file.n, 1);
  is_record(0, 80, 7);
}

static void refuses_other_lines(void **state) {
  char text[256];
  size_t len;

  (void) state;
  assert_int_equal(parse("", 0), -1);
  assert_non_null(strstr(err.text, "is empty"));
  assert_int_equal(parse("\n \n", 3), -1);
  assert_int_equal(parse("abcd\n", 5), -1);
  assert_non_null(strstr(err.text, "no record"));

  len = make_line(text, 80, 0);
  assert_int_equal(parse(text, len - 1), -1);
  text[50] = '=';
  assert_int_equal(parse(text, len), -1);
  make_line(text, 80, 0);
  text[len - 2] = '=';
  assert_int_equal(parse(text, len), -1);

  memset(text, 'A', 64);
  assert_int_equal(parse(text, 64), -1);
  assert_non_null(strstr(err.text, "one byte"));
}

static void refuses_what_is_too_long(void **state) {
  static unsigned char bytes[FTPS_TICKETFILE_BYTES_MAX + 1];

  (void) state;
  assert_int_equal(parse(bytes, sizeof(bytes)), -1);
  assert_non_null(strstr(err.text, "more than 65536 bytes"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_binary_records),
    cmocka_unit_test(refuses_other_sizes),
    cmocka_unit_test(refuses_bytes_that_are_not_random),
    cmocka_unit_test(reads_lines),
    cmocka_unit_test(reads_a_line_without_end),
    cmocka_unit_test(refuses_other_lines),
    cmocka_unit_test(refuses_what_is_too_long),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
