/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * event_line_test.c: events as key=value and as JSON; what escapes do.
 */
#include "log/event_line.h"
#include "log/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct ftps_log_pair pairs[] = {
  { "peer", "192.0.2.1", -1 },
  { "user", "a \"b\" \\xff", -1 },
  { "none", NULL, -1 },
  { "dash", "-", -1 },
  { "empty", "", -1 },
  { "ms", NULL, 0 },
  { "in", NULL, INT64_MAX },
};

static const struct ftps_log_event event = { "handshake", pairs, 7 };

static void keys(void **state) {
  char line[1024];

  (void) state;
  ftps_log_write_keys(&event, line, sizeof(line));
  assert_string_equal(line,
      "handshake peer=192.0.2.1 user=\"a \\\"b\\\" \\\\xff\" none=- "
      "dash=\"-\" empty=\"\" ms=0 in=9223372036854775807");
  ftps_log_write_keys(&event, line, 30);
  assert_string_equal(line, "handshake peer=192.0.2.1 ms=0");
}

static void json(void **state) {
  const struct timespec now = { 1795923802, 7000000 };
  char line[FTPS_LOG_JSON_SIZE], want[1024];
  size_t len = ftps_log_write_json(&event, "t \"x\"\n", &now, line);

  (void) state;
  (void) snprintf(want, sizeof(want),
      "{\"time\":\"2026-11-29T03:43:22.007Z\",\"pid\":%ld,"
      "\"event\":\"handshake\",\"peer\":\"192.0.2.1\","
      "\"user\":\"a \\\"b\\\" \\\\xff\",\"none\":null,\"dash\":\"-\","
      "\"empty\":\"\",\"ms\":0,\"in\":9223372036854775807,"
      "\"text\":\"t \\\"x\\\"\\u000a\"}\n",
      (long) getpid());
  assert_string_equal(line, want);
  assert_int_equal(len, strlen(want));
}

/* However long values are, the object is complete. */
static void long_values(void **state) {
  const struct timespec now = { 0, 0 };
  char line[FTPS_LOG_JSON_SIZE];
  static char much[20000];
  struct ftps_log_pair many[14];
  const struct ftps_log_event all = { "refusal", many, 14 };
  size_t len;

  (void) state;
  memset(much, '"', sizeof(much) - 1);
  for (size_t i = 0; i < 14; i++) {
    many[i] = (struct ftps_log_pair){ "client_certificate", much, -1 };
  }
  len = ftps_log_write_json(&all, much, &now, line);
  assert_int_equal(len, strlen(line));
  assert_memory_equal(line + len - 4, "\"\"}\n", 4);
}

static void quotes(void **state) {
  static const struct {
    const char *text, *want;
  } rows[] = {
    { "\x01\x1f\x7f", "\\u0001\\u001f\x7f" },
    { "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
        "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
    { "\xc3", "\xef\xbf\xbd" },
    { "\x80"
      "a",
        "\xef\xbf\xbd"
        "a" },
    { "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },
    { "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
    { "\xf5"
      "a",
        "\xef\xbf\xbd"
        "a" },
  };
  char out[64];

  (void) state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    assert_string_equal(ftps_json_quote(rows[i].text, out, sizeof(out)),
        rows[i].want);
  }
  assert_string_equal(ftps_json_quote("ab\"", out, 4), "ab");
  assert_string_equal(ftps_json_quote("a\xc3\xa4", out, 3), "a");
  assert_string_equal(ftps_json_escape("a\xff\n", 3, out, sizeof(out)),
      "a\\\\xff\\\\x0a");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(keys),
    cmocka_unit_test(json),
    cmocka_unit_test(long_values),
    cmocka_unit_test(quotes),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
