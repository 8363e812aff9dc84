/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * usermap_test.c: the file of TLSUserMapFile (base/usermap.h), hostile ones
 * included.
 */
#include "base/usermap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define DIGITS "00112233445566778899aabbccddeeff"
#define COLONS "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

static enum ftps_certname wanted_kind;
static const char *wanted_value;

static bool has_wanted(const X509 *cert, enum ftps_certname kind,
    const char *value) {
  (void) cert;
  return kind == wanted_kind && strcmp(value, wanted_value) == 0;
}

static void test_rules(void **state) {
  static const struct {
    const char *line;
    enum ftps_certname kind;
    const char *value, *user;
  } rows[] = {
    { "cn:a b", FTPS_CERTNAME_COMMON, "a", "b" },
    { "  cn:a b  \r", FTPS_CERTNAME_COMMON, "a", "b" },
    { "cn: a  \t b", FTPS_CERTNAME_COMMON, "a", "b" },
    { "dn:C = DE, O = \"A, B\", CN = x y z", FTPS_CERTNAME_SUBJECT,
        "C = DE, O = \"A, B\", CN = x y", "z" },
    { "san-dns:a.example b", FTPS_CERTNAME_DNS, "a.example", "b" },
    { "san-email:a@b.example c", FTPS_CERTNAME_EMAIL, "a@b.example", "c" },
    { "san-uri:urn:a:b c", FTPS_CERTNAME_URI, "urn:a:b", "c" },
    { "san-upn:a@b c", FTPS_CERTNAME_UPN, "a@b", "c" },
    { "sha256:" COLONS ":" COLONS " u", FTPS_CERTNAME_FINGERPRINT,
        DIGITS DIGITS, "u" },
    { "sha256:" DIGITS DIGITS " u", FTPS_CERTNAME_FINGERPRINT, DIGITS DIGITS,
        "u" },
    { "\n# cn:x y\n\ncn:a b\ncn:a c", FTPS_CERTNAME_COMMON, "a", "b" },
  };

  (void) state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    struct ftps_usermap *map;
    struct ftps_error err;

    ftps_error_clear(&err);
    map = ftps_usermap_parse(rows[i].line, strlen(rows[i].line), &err);
    if (map == NULL) {
      fail_msg("\"%s\" refused: %s", rows[i].line, err.text);
    }

    wanted_kind = rows[i].kind;
    wanted_value = rows[i].value;
    if (!ftps_usermap_admits(map, rows[i].user, has_wanted, NULL) ||
        ftps_usermap_admits(map, "B", has_wanted, NULL) ||
        ftps_usermap_admits(map, "", has_wanted, NULL)) {
      fail_msg("\"%s\" is read wrongly", rows[i].line);
    }
    ftps_usermap_free(map);
  }
}

static void test_refused(void **state) {
  static const struct {
    const char *text;
    size_t len;
    const char *fault;
  } rows[] = {
    { "x", 0, "line 1 does not begin with a known kind" },
    { "CN:a b", 0, "line 1 does not begin with a known kind" },
    { "cn:a b\n\nproftpd", 0, "line 3 does not begin" },
    { "cn:", 0, "line 1 names no user" },
    { "cn:a", 0, "line 1 names no user" },
    { "dn:CN=a", 0, "line 1 names no user" },
    { "cn: a", 0, "line 1 has no value" },
    { "cn:a\001 b", 0, "line 1 has control characters" },
    { "cn:a\0 b", 7, "line 1 has control characters" },
    { "cn:a b\n\0", 8, "line 2 has control characters" },
    { "sha256:" DIGITS " u", 0, "line 1 is not a SHA-256 fingerprint" },
    { "sha256:" DIGITS DIGITS "0 u", 0, "line 1 is not a SHA-256" },
    { "sha256:" DIGITS "g0112233445566778899aabbccddeeff u", 0,
        "line 1 is not a SHA-256" },
  };

  (void) state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    size_t len = rows[i].len > 0 ? rows[i].len : strlen(rows[i].text);
    struct ftps_error err;

    ftps_error_clear(&err);
    if (ftps_usermap_parse(rows[i].text, len, &err) != NULL) {
      fail_msg("\"%s\" taken", rows[i].text);
    }
    if (strstr(err.text, rows[i].fault) == NULL) {
      fail_msg("\"%s\": %s", rows[i].text, err.text);
    }
  }
}

/* `n` times `piece`, parsed; NULL, or a map to be freed. */
static struct ftps_usermap *parse_many(const char *piece, size_t n,
    struct ftps_error *err) {
  size_t len = strlen(piece);
  char *text = malloc(n * len + 1);
  struct ftps_usermap *map;

  assert_non_null(text);
  for (size_t i = 0; i < n; i++) {
    memcpy(text + i * len, piece, len); /* NOLINT: no string */
  }

  ftps_error_clear(err);
  map = ftps_usermap_parse(text, n * len, err);
  free(text);
  return map;
}

static size_t n_asked;

static bool counts(const X509 *cert, enum ftps_certname kind,
    const char *value) {
  (void) cert;
  (void) kind;
  (void) value;
  n_asked++;
  return false;
}

/* Rules for the user "b". */
static size_t count(const struct ftps_usermap *map) {
  n_asked = 0;
  assert_false(ftps_usermap_admits(map, "b", counts, NULL));
  return n_asked;
}

static void test_bounds(void **state) {
  struct ftps_usermap *map;
  struct ftps_error err;

  (void) state;
  map = ftps_usermap_parse("", 0, &err);
  assert_non_null(map);
  assert_int_equal(count(map), 0);
  ftps_usermap_free(map);

  map = parse_many("cn:a b\n", FTPS_USERMAP_MAX_RULES, &err);
  assert_non_null(map);
  assert_int_equal(count(map), FTPS_USERMAP_MAX_RULES);
  ftps_usermap_free(map);

  assert_null(parse_many("cn:a b\n", FTPS_USERMAP_MAX_RULES + 1, &err));
  assert_non_null(strstr(err.text, "10000 are the limit"));
  assert_null(parse_many("a", FTPS_USERMAP_MAX_LINE + 1, &err));
  assert_non_null(strstr(err.text, "longer than 1024 bytes"));
  assert_null(parse_many("#\n", FTPS_USERMAP_MAX_SIZE / 2 + 1, &err));
  assert_non_null(strstr(err.text, "larger than 1 MiB"));

  map = parse_many("#\n", FTPS_USERMAP_MAX_SIZE / 2, &err);
  assert_non_null(map);
  ftps_usermap_free(map);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_rules),
    cmocka_unit_test(test_refused),
    cmocka_unit_test(test_bounds),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
