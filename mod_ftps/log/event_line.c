/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * event_line.c: see event_line.h.
 */
#include "log/event_line.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log/json.h"

/* Escaped; all pairs of an event and its text fit together. */
#define VALUE_SIZE 512
#define TEXT_SIZE  8192

struct line {
  char *text;
  size_t len, size;
};

static void add(struct line *line, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* What does not fit is left out. */
static void add(struct line *line, const char *fmt, ...) {
  size_t room = line->size - line->len;
  va_list args;
  int len;

  va_start(args, fmt);
  len = vsnprintf(line->text + line->len, room, fmt, args);
  va_end(args);
  if (len > 0 && (size_t) len < room) {
    line->len += (size_t) len;
  } else {
    line->text[line->len] = '\0';
  }
}

static bool is_simple(const char *text) {
  static const char simple[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789._:/@+-";

  return *text != '\0' && strcmp(text, "-") != 0 &&
      strspn(text, simple) == strlen(text);
}

void ftps_log_write_keys(const struct ftps_log_event *event, char *line,
    size_t size) {
  struct line out = { line, 0, size };
  char value[VALUE_SIZE];

  add(&out, "%s", event->kind);
  for (size_t i = 0; i < event->n; i++) {
    const struct ftps_log_pair *pair = &event->pairs[i];

    if (pair->text == NULL && pair->number < 0) {
      add(&out, " %s=-", pair->key);
    } else if (pair->text == NULL) {
      add(&out, " %s=%lld", pair->key, (long long) pair->number);
    } else if (is_simple(pair->text)) {
      add(&out, " %s=%.*s", pair->key, VALUE_SIZE, pair->text);
    } else {
      add(&out, " %s=\"%s\"", pair->key,
          ftps_json_quote(pair->text, value, sizeof(value)));
    }
  }
}

static void add_time(struct line *out, const struct timespec *now) {
  char date[32] = "";
  struct tm parts;

  if (gmtime_r(&now->tv_sec, &parts) != NULL) {
    (void) strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
  }
  add(out, "{\"time\":\"%s.%03ldZ\",\"pid\":%ld", date, now->tv_nsec / 1000000,
      (long) getpid());
}

static void add_pair(struct line *out, const struct ftps_log_pair *pair) {
  char value[VALUE_SIZE];

  if (pair->text == NULL && pair->number < 0) {
    add(out, ",\"%s\":null", pair->key);
  } else if (pair->text == NULL) {
    add(out, ",\"%s\":%lld", pair->key, (long long) pair->number);
  } else {
    add(out, ",\"%s\":\"%s\"", pair->key,
        ftps_json_quote(pair->text, value, sizeof(value)));
  }
}

size_t ftps_log_write_json(const struct ftps_log_event *event, const char *text,
    const struct timespec *now, char *line) {
  struct line out = { line, 0, FTPS_LOG_JSON_SIZE - 1 };
  char value[TEXT_SIZE];

  add_time(&out, now);
  add(&out, ",\"event\":\"%s\"", event->kind != NULL ? event->kind : "message");
  for (size_t i = 0; i < event->n; i++) {
    add_pair(&out, &event->pairs[i]);
  }
  add(&out, ",\"text\":\"%s\"", ftps_json_quote(text, value, sizeof(value)));
  add(&out, "}\n");
  return out.len;
}
