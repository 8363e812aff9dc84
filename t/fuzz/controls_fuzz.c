/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * controls_fuzz.c: requests of ftpdctl, and what a cache answers to them
 * (host/daemon/controls.c, controls_metrics.c, controls_show.c).  The first
 * byte is what the access lists and the cache allow; the words of the request
 * follow, each ended by a zero byte, and after two zero bytes the entries of
 * the cache, with their length in a byte; labels of metrics are the same bytes.
 *
 * What is not allowed does not reach the cache.  Each line of an answer fits
 * into ProFTPD's, is valid UTF-8, and has no control character.
 */
#include "host/daemon/controls.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/daemon.h"
#include "cache/cache.h"
#include "cache/mod_tls_cache.h"
#include "host/config/controls_acl.h"
#include "host/daemon/effective.h"
#include "host/daemon/metrics.h"
#include "host/daemon/reload.h"
#include "tickets/tickets.h"

#include "mod_ctrls.h"

#include "t/fuzz/fuzz.h"

#define WORDS_MAX  8
#define LINE_BYTES 1023
#define LINES_SENT 1024

#define MAY_USE_ACTION 0x01
#define MAY_USE_VERB   0x02
#define IS_OPEN        0x04
#define HAS_STATUS     0x08
#define FAILS          0x10
#define HAS_KEYS       0x20

module ftps_module;
static int (*handle)(pr_ctrls_t *ctrl, int argc, char **argv);
static unsigned int flags, lines;
static const uint8_t *entries;
static size_t entries_size;

/* ProFTPD. */

int pr_ctrls_register(const module *mod, const char *action, const char *desc,
    int (*callback)(pr_ctrls_t *, int, char **)) {
  (void) mod;
  (void) action;
  (void) desc;
  handle = callback;
  return 0;
}

static bool is_continued(unsigned char c) {
  return (c & 0xc0) == 0x80;
}

static void check_line(const char *line) {
  const unsigned char *c = (const unsigned char *) line;

  CHECK(strlen(line) <= LINE_BYTES && ++lines <= LINES_SENT);
  while (*c != '\0') {
    int more = *c < 0x80 ? 0 : *c < 0xe0 ? 1 : *c < 0xf0 ? 2 : 3;

    CHECK(*c >= ' ' && *c != 0x7f && !is_continued(*c));
    for (c++; more > 0; more--, c++) {
      CHECK(is_continued(*c));
    }
  }
}

int pr_ctrls_add_response(pr_ctrls_t *ctrl, const char *fmt, ...) {
  char line[4096];
  va_list args;

  (void) ctrl;
  va_start(args, fmt);
  CHECK(vsnprintf(line, sizeof(line), fmt, args) < (int) sizeof(line));
  va_end(args);
  check_line(line);
  return 0;
}

void pr_log_pri(int priority, const char *fmt, ...) {
  (void) priority;
  (void) fmt;
}

char *pstrdup(pool *p, const char *text) {
  static char copy[64];

  (void) p;
  (void) snprintf(copy, sizeof(copy), "%s", text);
  return copy;
}

/* The rest of the module, as far as they ask it. */

void ftps_controls_reset_acls(void) {
}

bool ftps_controls_is_allowed(const pr_ctrls_t *ctrl, const char *action) {
  bool is_cache =
      strcmp(action, "sesscache") == 0 || strcmp(action, "ocspcache") == 0;

  (void) ctrl;
  return (flags & (is_cache ? MAY_USE_ACTION : MAY_USE_VERB)) != 0;
}

static void check_allowed(void) {
  CHECK((flags & MAY_USE_ACTION) != 0 && (flags & MAY_USE_VERB) != 0);
}

static void check_allowed_verb(void) {
  CHECK((flags & MAY_USE_VERB) != 0);
}

bool ftps_caches_is_open(const struct ftps_daemon *daemon,
    enum ftps_cache_name cache) {
  (void) daemon;
  (void) cache;
  return (flags & IS_OPEN) != 0;
}

long ftps_caches_clear(struct ftps_daemon *daemon, enum ftps_cache_name cache) {
  (void) daemon;
  (void) cache;
  check_allowed();
  errno = EIO;
  return flags & FAILS ? -1 : 3;
}

int ftps_caches_remove(struct ftps_daemon *daemon, enum ftps_cache_name cache) {
  (void) daemon;
  (void) cache;
  check_allowed();
  errno = EIO;
  return flags & FAILS ? -1 : 0;
}

/* The numbers and the text are the first entry: a cache says anything. */
void ftps_caches_report(struct ftps_daemon *daemon, enum ftps_cache_name cache,
    struct ftps_cache_report *report_out) {
  static char info[256];
  size_t len =
      entries_size < sizeof(info) - 1 ? entries_size : sizeof(info) - 1;

  (void) daemon;
  (void) cache;
  memset(report_out, 0, sizeof(*report_out));
  if ((flags & IS_OPEN) == 0) {
    return;
  }

  memset(info, 0, sizeof(info));
  if (len > 0) {
    memcpy(info, entries, len);
  }
  report_out->type = "shm";
  report_out->info = info;
  report_out->has_status = (flags & HAS_STATUS) != 0;
  memcpy(&report_out->hits, info, sizeof(report_out->hits));
  memcpy(&report_out->unavailable_ms, info + 8, 8);
  memcpy(&report_out->status, info, sizeof(report_out->status));
}

void ftps_caches_count(struct ftps_daemon *daemon, enum ftps_cache_name cache,
    struct ftps_cache_report *report_out) {
  ftps_caches_report(daemon, cache, report_out);
}

int ftps_caches_show(struct ftps_daemon *daemon, enum ftps_cache_name cache,
    const struct ftps_mod_tls_view *view) {
  (void) daemon;
  (void) cache;
  if ((flags & FAILS) == 0) {
    return 1;
  }

  view->write_line(view->arg, "%.*s", (int) entries_size,
      (const char *) entries);
  return 0;
}

long ftps_caches_iterate(struct ftps_daemon *daemon, enum ftps_cache_name cache,
    ftps_cache_visit visit, void *arg) {
  const uint8_t *at = entries, *end = entries + entries_size;
  long n = 0;

  (void) daemon;
  (void) cache;
  while (at < end && (size_t) (end - at) > *at) {
    time_t expires = (time_t) *at << (*at % 56);

    n++;
    if (!visit(arg, at + 1, *at, at, *at, expires)) {
      break;
    }
    at += 1 + *at;
  }

  return n;
}

enum ftps_cache_use ftps_cache_use_of(const void *key, size_t key_len) {
  const unsigned char *bytes = key;

  return key_len == 0 ? FTPS_CACHE_USE_OTHER
      : *bytes == 's' ? FTPS_CACHE_USE_SESSION
      : *bytes == 'o' ? FTPS_CACHE_USE_RESPONSE
                      : FTPS_CACHE_USE_OTHER;
}

bool ftps_tickets_status(const struct ftps_tickets *tickets,
    struct ftps_tickets_status *status_out) {
  (void) tickets;
  *status_out = (struct ftps_tickets_status){ .source = "file",
    .path = "/etc/keys",
    .count = 3,
    .is_faulty = (flags & FAILS) != 0 };
  return (flags & HAS_KEYS) != 0;
}

/* Labels may have any bytes. */
void ftps_metrics_tell(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink) {
  static const struct ftps_metrics_family family = { "name", "Help.", true };
  char value[2048];
  const struct ftps_metrics_label labels[] = { { "one", value },
    { "two", value }, { "three", value }, { "four", value },
    { "five", value } };

  (void) daemon;
  check_allowed_verb();
  (void) snprintf(value, sizeof(value), "%.*s", (int) entries_size,
      (const char *) entries);
  for (size_t i = 0; i < LINES_SENT / 2; i++) {
    sink->begin(sink->arg, &family);
    sink->sample(sink->arg, &family, labels, i % 6, "1");
  }
}

void ftps_effective_json(const struct ftps_daemon *daemon,
    void (*tell)(void *arg, const char *line), void *arg) {
  (void) daemon;
  check_allowed_verb();
  tell(arg, "{}");
}

void ftps_reload(struct ftps_daemon *daemon,
    void (*tell)(void *arg, const char *line), void *arg) {
  ftps_effective_tell(daemon, tell, arg);
}

void ftps_effective_tell(const struct ftps_daemon *daemon,
    void (*tell)(void *arg, const char *line), void *arg) {
  char line[2048];

  (void) daemon;
  check_allowed_verb();
  if (flags & IS_OPEN) {
    (void) snprintf(line, sizeof(line), "%.*s", (int) entries_size,
        (const char *) entries);
    tell(arg, line);
  }
}

/* Splits the words, and sets the entries. */
static int read_words(char *text, size_t size, char **words) {
  size_t at = 0;
  int n = 0;

  while (at < size && text[at] != '\0' && n < WORDS_MAX) {
    words[n++] = text + at;
    at += strlen(text + at) + 1;
  }

  at = at < size ? at + 1 : size;
  entries = (const uint8_t *) text + at;
  entries_size = size - at;
  return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  pr_ctrls_t ctrl = { .ctrls_cb_retval = 0 };
  char *text, *words[WORDS_MAX];
  int n;

  if (size == 0) {
    return 0;
  }

  ftps_controls_start();
  CHECK(handle != NULL);
  flags = *data;
  lines = 0;
  text = malloc(size);
  CHECK(text != NULL);
  memcpy(text, data + 1, size - 1);
  text[size - 1] = '\0';
  n = read_words(text, size - 1, words);
  (void) handle(&ctrl, n, words);
  free(text);
  return 0;
}
