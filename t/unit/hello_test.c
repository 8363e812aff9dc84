/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * hello_test.c: first bytes of a peer (conn/hello.h).
 *
 * Bodies are copied to memory of exactly their size, so that a sanitizer sees
 * every byte that is read beyond it.
 */
#include "conn/hello.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define NAME  FTPS_HELLO_NAME
#define NONE  FTPS_HELLO_NO_NAME
#define WRONG FTPS_HELLO_BAD_NAME
#define ODD   FTPS_HELLO_ODD_NAME

static char name[FTPS_HOST_NAME_MAX + 1];

static enum ftps_hello_name parse(const unsigned char *body, size_t len) {
  unsigned char *copy = malloc(len > 0 ? len : 1);
  enum ftps_hello_name res;

  assert_non_null(copy);
  memcpy(copy, body, len);
  memset(name, '#', sizeof(name));
  res = ftps_hello_server_name(copy, len, name);
  free(copy);
  assert_non_null(memchr(name, '\0', sizeof(name)));
  if (res != FTPS_HELLO_NAME) {
    assert_string_equal(name, "");
  }
  return res;
}

/* A well-formed body around `len` bytes; its own length to `size_out`. */
static unsigned char *wrap(const char *bytes, size_t len, size_t *size_out) {
  unsigned char *body = malloc(len + 5);

  assert_non_null(body);
  body[0] = (unsigned char) ((len + 3) >> 8);
  body[1] = (unsigned char) (len + 3);
  body[2] = 0;
  body[3] = (unsigned char) (len >> 8);
  body[4] = (unsigned char) len;
  memcpy(body + 5, bytes, len);
  *size_out = len + 5;
  return body;
}

/* "identity" stands behind the two lengths. */
static void the_first_identity(void **state) {
  static const struct {
    const char *body;
    size_t len, min;
    bool is_there;
  } rows[] = {
    { "\0\x0e\0\x08identity\0\0\0\0", 16, 8, true },
    { "\0\x0e\0\x08identity", 12, 8, true },
    { "\0\x0e\0\x08identity", 12, 9, false },
    { "\0\x0e\0\x09identity", 12, 8, false },
    { "\0\x0e\xff\xffidentity", 12, 8, false },
    { "\0\x0e\0\x08identit", 11, 8, false },
    { "\0\x0e\0", 3, 0, false },
    { "", 0, 0, false },
  };

  (void) state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    unsigned char *copy = malloc(rows[i].len > 0 ? rows[i].len : 1);
    const unsigned char *got;

    assert_non_null(copy);
    memcpy(copy, rows[i].body, rows[i].len);
    got = ftps_hello_get0_identity(copy, rows[i].len, rows[i].min);
    assert_true(rows[i].is_there ? got == copy + 4 : got == NULL);
    free(copy);
  }
}

static enum ftps_hello_name parse_name(const char *bytes, size_t len) {
  size_t size;
  unsigned char *body = wrap(bytes, len, &size);
  enum ftps_hello_name res = parse(body, size);

  free(body);
  return res;
}

static void takes_names(void **state) {
  static const struct {
    const char *sent, *taken;
  } rows[] = {
    { "a", "a" },
    { "ftp.example.com", "ftp.example.com" },
    { "FTP.Example.COM", "ftp.example.com" },
    { "ftp.example.com.", "ftp.example.com" },
    { "a_b-c.0", "a_b-c.0" },
    { "xn--bcher-kva.example", "xn--bcher-kva.example" },
    { "1.2.3", "1.2.3" },
    { "1.2.3.4.5", "1.2.3.4.5" },
    { "256.1.1.1", "256.1.1.1" },
    { "cafe", "cafe" },
    { ".", "." },
    { "a..", "a." },
  };

  (void) state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    print_message("# %s\n", rows[i].sent);
    assert_int_equal(parse_name(rows[i].sent, strlen(rows[i].sent)), NAME);
    assert_string_equal(name, rows[i].taken);
  }
}

static void ignores_addresses(void **state) {
  static const char *const rows[] = { "127.0.0.1", "0.0.0.0", "255.255.255.255",
    "::", "::1", "2001:db8::1", "2001:DB8::A", "[::1]", "::ffff:192.0.2.1" };

  (void) state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    print_message("# %s\n", rows[i]);
    assert_int_equal(parse_name(rows[i], strlen(rows[i])), NONE);
  }
}

static void knows_bytes_that_no_name_has(void **state) {
  (void) state;
  for (unsigned int c = 0; c < 256; c++) {
    bool is_fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
        (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';

    for (size_t at = 0; at < 3; at++) {
      char copy[] = "ftp.example";
      const size_t places[] = { 0, 3, sizeof(copy) - 2 };

      copy[places[at]] = (char) c;
      assert_int_equal(parse_name(copy, sizeof(copy) - 1),
          is_fine ? NAME : ODD);
    }
  }
}

static void knows_text_that_is_no_name(void **state) {
  static const char *const rows[] = { "host:21", "::1%eth0", "ftp://x", "%s%n",
    "a b", "a\r\nUSER x", "../x", "a'--", "*.example", "\303\274ber.example" };

  (void) state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    assert_int_equal(parse_name(rows[i], strlen(rows[i])), ODD);
  }
  assert_int_equal(parse_name("a\0b", 3), ODD);
  assert_int_equal(parse_name("", 0), ODD);
}

static void escapes_for_logs(void **state) {
  static const char bytes[] = "a'\\\n\xc3\xbc%z";
  char text[64], little[8];

  (void) state;
  ftps_hello_escape((const unsigned char *) bytes, sizeof(bytes), text,
      sizeof(text));
  assert_string_equal(text, "a\\x27\\x5c\\x0a\\xc3\\xbc%z\\x00");
  ftps_hello_escape((const unsigned char *) bytes, sizeof(bytes), little,
      sizeof(little));
  assert_string_equal(little, "a\\x27");
  ftps_hello_escape(NULL, 0, little, sizeof(little));
  assert_string_equal(little, "");
}

static void knows_the_longest_name(void **state) {
  char bytes[70000];

  (void) state;
  memset(bytes, 'x', sizeof(bytes));
  assert_int_equal(parse_name(bytes, 253), NAME);
  assert_int_equal(strlen(name), 253);
  assert_int_equal(parse_name(bytes, 254), ODD);
  assert_int_equal(parse_name(bytes, 255), ODD);
  assert_int_equal(parse_name(bytes, 256), ODD);
  assert_int_equal(parse_name(bytes, 65530), ODD);

  bytes[252] = '.';
  assert_int_equal(parse_name(bytes, 253), NAME);
  assert_int_equal(strlen(name), 252);
}

static void refuses_malformed_bodies(void **state) {
  static const struct {
    size_t len;
    unsigned char body[16];
  } rows[] = {
    { 0, { 0 } }, { 1, { 0 } }, { 2, { 0, 0 } }, { 3, { 0, 1, 0 } },
    { 4, { 0, 2, 0, 0 } }, { 6, { 0, 3, 0, 0, 1, 'a' } }, /* list too short */
    { 6, { 0, 5, 0, 0, 1, 'a' } },                        /* list too long */
    { 6, { 0, 4, 0, 0, 2, 'a' } },                        /* name too long */
    { 7, { 0, 5, 0, 0, 1, 'a', 'b' } },                   /* bytes behind it */
    { 6, { 0, 4, 1, 0, 1, 'a' } },                        /* not a host name */
    { 6, { 0, 4, 255, 0, 1, 'a' } }, { 6, { 1, 4, 0, 0, 1, 'a' } },
    { 6, { 0, 4, 0, 1, 1, 'a' } }, { 6, { 255, 255, 0, 255, 255, 'a' } },
    { 10, { 0, 8, 0, 0, 1, 'a', 0, 0, 1, 'b' } }, /* two names */
  };

  (void) state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    print_message("# row %zu\n", i);
    assert_int_equal(parse(rows[i].body, rows[i].len), WRONG);
  }
}

static void refuses_every_cut(void **state) {
  size_t size;
  unsigned char *body = wrap("ftp.example", 11, &size);

  (void) state;
  for (size_t len = 0; len < size; len++) {
    assert_int_equal(parse(body, len), WRONG);
  }
  assert_int_equal(parse(body, size), NAME);
  free(body);
}

static void tells_text_from_tls(void **state) {
  static const struct {
    const char *bytes;
    size_t len;
    bool is_tls;
  } rows[] = {
    { "", 0, true },
    { "\x16", 1, true },
    { "\x16\x03\x01", 3, true },
    { "\x16\x03\x03\x02\x00", 5, true },
    { "\x15\x03\x01", 3, true },
    { "\x16\x02", 2, false },
    { "\x16"
      "A",
        2, false },
    { "\x80\x2e\x01\x03\x01", 5, true },
    { "\xff\xf4", 2, true },
    { "USER x", 6, false },
    { "U", 1, false },
    { "\r\n", 2, false },
    { "\x17\x03\x03", 3, false },
    { "\x14\x03\x03", 3, false },
    { "\0", 1, false },
    { "GET / HTTP/1.0", 14, false },
    { "SSH-2.0-x", 9, false },
  };

  (void) state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    print_message("# row %zu\n", i);
    assert_int_equal(ftps_hello_is_tls((const unsigned char *) rows[i].bytes,
                         rows[i].len),
        rows[i].is_tls);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_first_identity),
    cmocka_unit_test(takes_names),
    cmocka_unit_test(ignores_addresses),
    cmocka_unit_test(knows_bytes_that_no_name_has),
    cmocka_unit_test(knows_text_that_is_no_name),
    cmocka_unit_test(escapes_for_logs),
    cmocka_unit_test(knows_the_longest_name),
    cmocka_unit_test(refuses_malformed_bodies),
    cmocka_unit_test(refuses_every_cut),
    cmocka_unit_test(tells_text_from_tls),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
