/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * controls_metrics.c: see controls_metrics.h.
 */
#include "host/daemon/controls_metrics.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/daemon.h"
#include "host/daemon/controls_show.h"
#include "host/daemon/effective.h"
#include "host/daemon/metrics.h"
#include "log/json.h"

/* Longer label values are cut. */
#define VALUE_SIZE 160U

struct line {
  char text[FTPS_CONTROLS_LINE_SIZE];
  size_t len;
};

static void add(struct line *line, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A few labels of VALUE_SIZE always fit. */
static void add(struct line *line, const char *fmt, ...) {
  va_list args;
  int len;

  va_start(args, fmt);
  len = vsnprintf(line->text + line->len, sizeof(line->text) - line->len, fmt,
      args);
  va_end(args);
  if (len > 0) {
    line->len += (size_t) len;
  }
  if (line->len >= sizeof(line->text)) {
    line->len = sizeof(line->text) - 1;
  }
}

static const char *escape(const char *value, char *out) {
  return ftps_json_escape(value, strlen(value), out, VALUE_SIZE);
}

static void begin_text(void *arg, const struct ftps_metrics_family *family) {
  struct line line = { .len = 0 };

  add(&line, "# HELP ftps_%s %s", family->name, family->help);
  ftps_controls_say(arg, line.text);
  line.len = 0;
  add(&line, "# TYPE ftps_%s %s", family->name,
      family->is_gauge ? "gauge" : "counter");
  ftps_controls_say(arg, line.text);
}

static void sample_text(void *arg, const struct ftps_metrics_family *family,
    const struct ftps_metrics_label *labels, size_t n, const char *value) {
  struct line line = { .len = 0 };
  char text[VALUE_SIZE];

  add(&line, "ftps_%s", family->name);
  for (size_t i = 0; i < n; i++) {
    add(&line, "%s%s=\"%s\"", i == 0 ? "{" : ",", labels[i].name,
        escape(labels[i].value, text));
  }
  add(&line, "%s %s", n > 0 ? "}" : "", value);
  ftps_controls_say(arg, line.text);
}

static void begin_json(void *arg, const struct ftps_metrics_family *family) {
  (void) arg;
  (void) family;
}

static void sample_json(void *arg, const struct ftps_metrics_family *family,
    const struct ftps_metrics_label *labels, size_t n, const char *value) {
  struct line line = { .len = 0 };
  char text[VALUE_SIZE];

  add(&line, "{\"metric\":\"ftps_%s\",\"labels\":{", family->name);
  for (size_t i = 0; i < n; i++) {
    add(&line, "%s\"%s\":\"%s\"", i == 0 ? "" : ",", labels[i].name,
        escape(labels[i].value, text));
  }
  add(&line, "},\"value\":%s}", value);
  ftps_controls_say(arg, line.text);
}

void ftps_controls_show_metrics(pr_ctrls_t *ctrl) {
  struct ftps_controls_view view = { .ctrl = ctrl,
    .format = FTPS_CONTROLS_METRICS };
  const struct ftps_metrics_sink sink = { begin_text, sample_text, &view };

  ftps_metrics_tell(ftps_daemon_get0(), &sink);
}

void ftps_controls_show_json(pr_ctrls_t *ctrl) {
  struct ftps_controls_view view = { .ctrl = ctrl,
    .format = FTPS_CONTROLS_JSON };
  const struct ftps_metrics_sink sink = { begin_json, sample_json, &view };

  ftps_metrics_tell(ftps_daemon_get0(), &sink);
  ftps_effective_json(ftps_daemon_get0(), ftps_controls_say, &view);
}
