/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * event_line_fuzz.c: events as JSON and as key=value, with any bytes as values
 * (log/event_line.c, log/json.c).  The input is values, each ended by a zero
 * byte or the end; the first one is the text.
 *
 * Whatever they are, the object is one line of valid JSON, and nothing in a
 * value ends its string.
 */
#include "log/event_line.h"

#include <stdbool.h>
#include <string.h>

#include "log/json.h"

#include "t/fuzz/fuzz.h"

#define VALUES_MAX 14

static size_t skip_character(const char *c) {
  unsigned char first = (unsigned char) *c;
  size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

  CHECK(first >= ' ' && (first & 0xc0) != 0x80 && first < 0xf5);
  for (size_t i = 1; i < len; i++) {
    CHECK((c[i] & 0xc0) == 0x80);
  }

  return len;
}

/* Behind the opening quotation mark; returns what is behind the closing one. */
static const char *skip_string(const char *c) {
  while (*c != '"') {
    if (*c == '\\') {
      c++;
      CHECK(strchr("\"\\u", *c) != NULL && *c != '\0');
    }
    c += skip_character(c);
  }

  return c + 1;
}

static const char *skip_value(const char *c) {
  if (*c == '"') {
    return skip_string(c + 1);
  }

  return strncmp(c, "null", 4) == 0 ? c + 4 : c + strspn(c, "0123456789");
}

static void check_object(const char *c, size_t pairs) {
  CHECK(*c++ == '{');
  for (size_t i = 0; i < pairs; i++) {
    CHECK(i == 0 || *c++ == ',');
    CHECK(*c++ == '"');
    c = skip_string(c);
    CHECK(*c++ == ':');
    c = skip_value(c);
  }
  CHECK(strcmp(c, "}\n") == 0);
}

static void check_keys(const struct ftps_log_event *event) {
  char line[4096];
  const char *c = line;

  ftps_log_write_keys(event, line, sizeof(line));
  while (*c != '\0') {
    c = *c == '"' ? skip_string(c + 1) : c + skip_character(c);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const struct timespec now = { 1795923802, 7000000 };
  struct ftps_log_pair pairs[VALUES_MAX];
  struct ftps_log_event event = { "refusal", pairs, 0 };
  char line[FTPS_LOG_JSON_SIZE];
  char *copy = malloc(size + 1);
  const char *text;
  size_t at;

  CHECK(copy != NULL);
  memcpy(copy, data, size);
  copy[size] = '\0';
  text = copy;
  at = strlen(copy) + 1;
  while (at < size && event.n < VALUES_MAX) {
    pairs[event.n++] = (struct ftps_log_pair){ "key", copy + at, -1 };
    at += strlen(copy + at) + 1;
  }

  CHECK(ftps_log_write_json(&event, text, &now, line) == strlen(line));
  check_object(line, 4 + event.n);
  check_keys(&event);
  CHECK(strlen(ftps_json_escape(data, size, line, 100)) < 100);
  free(copy);
  return 0;
}
