/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * controls_show.c: see controls_show.h.
 */
#include "host/daemon/controls_show.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "base/daemon.h"
#include "base/x509_text.h"
#include "cache/mod_tls_cache.h"
#include "host/daemon/effective.h"
#include "host/daemon/reload.h"
#include "log/json.h"
#include "tickets/tickets.h"
#include "version.h"

#define LINES_MAX 1000U

/* The last line of an answer that is cut. */
static const char *const cuts[] = { "(cut: there is more than fits)",
  "{\"cut\":true}", "# cut: there is more than fits" };

static void say_args(struct ftps_controls_view *view, const char *fmt,
    va_list args) __attribute__((format(printf, 2, 0)));
static void say(struct ftps_controls_view *view, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void say_args(struct ftps_controls_view *view, const char *fmt,
    va_list args) {
  bool is_text = view->format == FTPS_CONTROLS_TEXT;
  char line[FTPS_CONTROLS_LINE_SIZE], clean[FTPS_CONTROLS_LINE_SIZE];

  if (view->lines > LINES_MAX) {
    return;
  }

  if (view->lines++ == LINES_MAX) {
    (void) snprintf(line, sizeof(line), "%s", cuts[view->format]);
  } else {
    (void) vsnprintf(line, sizeof(line), fmt, args);
  }

  if (is_text) {
    (void) ftps_text_escape(line, strlen(line), clean, sizeof(clean));
  }
  (void) pr_ctrls_add_response(view->ctrl, "%s", is_text ? clean : line);
}

static void say(struct ftps_controls_view *view, const char *fmt, ...) {
  va_list args;

  va_start(args, fmt);
  say_args(view, fmt, args);
  va_end(args);
}

/* For modules made for mod_tls. */
static void say_cb(void *arg, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void say_cb(void *arg, const char *fmt, ...) {
  va_list args;

  va_start(args, fmt);
  say_args(arg, fmt, args);
  va_end(args);
}

void ftps_controls_say(void *view, const char *line) {
  say(view, "%s", line);
}

void ftps_controls_show_servers(pr_ctrls_t *ctrl) {
  struct ftps_controls_view view = { .ctrl = ctrl };

  ftps_effective_tell(ftps_daemon_get0(), ftps_controls_say, &view);
  if (view.lines == 0) {
    say(&view, "No server has TLSEngine on");
  }
}

void ftps_controls_show_reload(pr_ctrls_t *ctrl) {
  struct ftps_controls_view view = { .ctrl = ctrl };

  ftps_reload(ftps_daemon_get0(), ftps_controls_say, &view);
}

struct number {
  char text[24];
};

static const char *print(struct number *number, uint64_t value,
    const char *unknown) {
  if (value == FTPS_CACHE_UNKNOWN) {
    (void) snprintf(number->text, sizeof(number->text), "%s", unknown);
  } else {
    (void) snprintf(number->text, sizeof(number->text), "%llu",
        (unsigned long long) value);
  }

  return number->text;
}

static void show_ticket_keys(struct ftps_controls_view *view) {
  struct ftps_tickets_status keys;

  if (view->names->cache != FTPS_CACHE_SESSIONS ||
      !ftps_tickets_status(ftps_daemon_get0()->tickets, &keys)) {
    return;
  }

  say(view, "%s", "");
  say(view, "Ticket keys: %zu from %s%s%.400s, the newest %lld s old%s",
      keys.count, keys.source, keys.path != NULL ? " " : "",
      keys.path != NULL ? keys.path : "", (long long) keys.age,
      keys.is_faulty ? "; the source cannot be used now" : "");
}

static void show_text(struct ftps_controls_view *view,
    const struct ftps_cache_report *report) {
  const char *many = view->names->many;
  const char *kind = view->names->one;
  const struct ftps_cache_status *status = &report->status;
  struct number a, b;

  say(view, "'%s' %s cache provided by %s", report->type,
      view->names->long_text, FTPS_VERSION);
  say(view, "%s", "");
  say(view, "Configured as: %s:%.400s", report->type, report->info);
  if (report->has_status) {
    say(view, "Memory used: %s of %s bytes",
        print(&a, status->memory_used, "unknown"),
        print(&b, status->memory_size, "unknown"));
    say(view, "Current %s cache size: %s", kind,
        print(&a, status->entries, "unknown"));
  } else {
    say(view, "The cache itself does not answer.");
  }
  say(view, "%s", "");
  say(view, "Cache lifetime hits: %s", print(&a, report->hits, ""));
  say(view, "Cache lifetime misses: %s", print(&a, report->misses, ""));
  say(view, "%s", "");
  say(view, "Cache lifetime %s stored: %s", many,
      print(&a, report->stores, ""));
  if (report->has_status) {
    say(view, "Cache lifetime %s evicted: %s", many,
        print(&a, status->evictions, "unknown"));
    say(view, "Cache lifetime %s expired: %s", many,
        print(&a, status->expired, "unknown"));
  }
  say(view, "%s", "");
  say(view, "Cache lifetime errors handling %s in cache: %s", many,
      print(&a, report->errors, ""));
  say(view, "Cache lifetime unreadable %s: %s", many,
      print(&a, report->unreadable, ""));
  say(view, "Cache unavailable for: %llu.%03u s%s",
      (unsigned long long) (report->unavailable_ms / 1000),
      (unsigned int) (report->unavailable_ms % 1000),
      report->is_unavailable ? ", and is so now" : "");
}

static void print_keys_json(const struct ftps_controls_view *view, char *out,
    size_t size) {
  struct ftps_tickets_status keys;

  *out = '\0';
  if (view->names->cache == FTPS_CACHE_SESSIONS &&
      ftps_tickets_status(ftps_daemon_get0()->tickets, &keys)) {
    (void) snprintf(out, size,
        ",\"ticket_keys\":{\"source\":\"%s\",\"count\":%zu,\"age\":%lld,"
        "\"faulty\":%s}",
        keys.source, keys.count, (long long) keys.age,
        keys.is_faulty ? "true" : "false");
  }
}

static void print_status_json(const struct ftps_cache_report *report, char *out,
    size_t size) {
  const struct ftps_cache_status *status = &report->status;
  const uint64_t unknown = FTPS_CACHE_UNKNOWN;
  struct number n[5];
  bool has = report->has_status;

  (void) snprintf(out, size,
      "\"entries\":%s,\"evictions\":%s,\"expired\":%s,\"memory_used\":%s,"
      "\"memory_size\":%s",
      print(&n[0], has ? status->entries : unknown, "null"),
      print(&n[1], has ? status->evictions : unknown, "null"),
      print(&n[2], has ? status->expired : unknown, "null"),
      print(&n[3], has ? status->memory_used : unknown, "null"),
      print(&n[4], has ? status->memory_size : unknown, "null"));
}

static void show_json(struct ftps_controls_view *view,
    const struct ftps_cache_report *report) {
  char info[256], keys[160], status[200];

  print_keys_json(view, keys, sizeof(keys));
  if (report->type == NULL) {
    say(view, "{\"cache\":\"%s\",\"type\":null%s}", view->names->action, keys);
    return;
  }

  print_status_json(report, status, sizeof(status));
  say(view,
      "{\"cache\":\"%s\",\"type\":\"%s\",\"info\":\"%s\",%s,\"hits\":%llu,"
      "\"misses\":%llu,\"stores\":%llu,\"errors\":%llu,\"unreadable\":%llu,"
      "\"unavailable\":%s,\"unavailable_ms\":%llu%s}",
      view->names->action, report->type,
      ftps_json_escape(report->info, strlen(report->info), info, sizeof(info)),
      status, (unsigned long long) report->hits,
      (unsigned long long) report->misses, (unsigned long long) report->stores,
      (unsigned long long) report->errors,
      (unsigned long long) report->unreadable,
      report->is_unavailable ? "true" : "false",
      (unsigned long long) report->unavailable_ms, keys);
}

/* An entry's name is a letter for its use, the beginning of its virtual host's
 * mark, and a hash.  The content is sealed and bound to the session's id, which
 * only the client has, so there is nothing more to show.
 */
#define HOST_START 1U
#define HOST_END   9U

static void print_hex(char *out, const unsigned char *bytes, size_t len) {
  *out = '\0';
  for (size_t i = 0; i < len; i++) {
    (void) snprintf(out + 2 * i, 3, "%02X", bytes[i]);
  }
}

static void print_time(char *out, size_t size, time_t when) {
  struct tm parts;

  if (localtime_r(&when, &parts) == NULL ||
      strftime(out, size, "%a %b %e %H:%M:%S %Y", &parts) == 0) {
    (void) snprintf(out, size, "unknown");
  }
}

static bool show_entry_cb(void *arg, const void *key, size_t key_len,
    const void *value, size_t value_len, time_t expires) {
  struct ftps_controls_view *view = arg;
  bool is_session = view->names->cache == FTPS_CACHE_SESSIONS;
  const unsigned char *bytes = key;
  char host[2 * (HOST_END - HOST_START) + 1], entry[129], when[64];

  (void) value;
  if (ftps_cache_use_of(key, key_len) !=
          (is_session ? FTPS_CACHE_USE_SESSION : FTPS_CACHE_USE_RESPONSE) ||
      key_len <= HOST_END || key_len - HOST_END > 64) {
    return true;
  }

  print_hex(host, bytes + HOST_START, HOST_END - HOST_START);
  print_hex(entry, bytes + HOST_END, key_len - HOST_END);
  if (view->format == FTPS_CONTROLS_JSON) {
    say(view,
        "{\"%s\":\"%s\",\"context\":\"%s\",\"size\":%zu,\"expires\":%lld}",
        view->names->one, entry, host, value_len, (long long) expires);
    return view->lines < LINES_MAX;
  }

  print_time(when, sizeof(when), expires);
  say(view, "  -----BEGIN %s PARAMETERS-----",
      is_session ? "SSL SESSION" : "OCSP RESPONSE");
  say(view, "    %s: sealed, entry %s",
      is_session ? "Session ID" : "Certificate", entry);
  say(view, "    Session ID Context: %s", host);
  if (is_session) {
    say(view, "    Protocol: TLSv1.2 or older");
  }
  say(view, "    Expires: %s (%lld secs)", when,
      (long long) (expires - time(NULL)));
  say(view, "  -----END %s PARAMETERS-----",
      is_session ? "SSL SESSION" : "OCSP RESPONSE");
  return view->lines < LINES_MAX;
}

static int show_entries(struct ftps_controls_view *view) {
  if (view->format == FTPS_CONTROLS_TEXT) {
    say(view, "%s", "");
    say(view, "Cached %s:", view->names->many);
  }

  if (ftps_caches_iterate(ftps_daemon_get0(), view->names->cache, show_entry_cb,
          view) < 0) {
    if (view->format == FTPS_CONTROLS_TEXT) {
      say(view, "  (this cache cannot list them)");
    }
  }

  return 0;
}

/* A module made for mod_tls prints by itself.  Returns 1 if there is none. */
static int show_legacy(struct ftps_controls_view *view) {
  const struct ftps_mod_tls_view legacy = { .write_line = say_cb,
    .arg = view,
    .with_sessions = view->is_verbose };

  return ftps_caches_show(ftps_daemon_get0(), view->names->cache, &legacy);
}

int ftps_controls_show(struct ftps_controls_view *view) {
  struct ftps_cache_report report;
  int res;

  ftps_caches_report(ftps_daemon_get0(), view->names->cache, &report);
  if (view->format == FTPS_CONTROLS_JSON) {
    show_json(view, &report);
    return view->is_verbose && report.type != NULL ? show_entries(view) : 0;
  }

  res = report.type != NULL ? show_legacy(view) : 0;
  if (report.type == NULL) {
    say(view, "No %s configured", view->names->directive);
  } else if (res == 1) {
    show_text(view, &report);
    res = view->is_verbose ? show_entries(view) : 0;
  }

  if (res == 0) {
    show_ticket_keys(view);
  }
  return res;
}
