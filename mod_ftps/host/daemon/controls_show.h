/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * controls_show.h: what "ftpdctl tls sesscache info" prints.
 *
 * Runs as root.  ProFTPD accepts at most 1024 lines for an answer, of 1023
 * bytes each, so a long list of sessions is cut, and says so.  Since 1.3.9 it
 * sends them as JSON, and the whole answer is lost if one byte is not UTF-8.
 * No key is ever shown.
 */
#ifndef FTPS_HOST_DAEMON_CONTROLS_SHOW_H
#define FTPS_HOST_DAEMON_CONTROLS_SHOW_H

#include <stdbool.h>

#include "cache/cache.h"

#include "conf.h"

/* One line of an answer, with room for ProFTPD's own text. */
#define FTPS_CONTROLS_LINE_SIZE 960U

/* The names of a cache in requests and answers. */
struct ftps_controls_names {
  enum ftps_cache_name cache;
  const char *action;
  const char *text;
  const char *long_text;
  const char *one;
  const char *many;
  const char *directive;
};

enum ftps_controls_format {
  FTPS_CONTROLS_TEXT,
  FTPS_CONTROLS_JSON,   /* -j: one object on each line */
  FTPS_CONTROLS_METRICS /* Prometheus's text */
};

struct ftps_controls_view {
  pr_ctrls_t *ctrl;
  const struct ftps_controls_names *names; /* NULL: not about a cache */
  enum ftps_controls_format format;
  bool is_verbose; /* -v: every session */
  unsigned int lines;
};

/* Adds a line, and cuts what does not fit.  Only plain text is escaped here.
 * `view` is a struct ftps_controls_view; others get this function as a
 * callback.
 */
void ftps_controls_say(void *view, const char *line);

/* Returns 0, or -1 with errno set. */
int ftps_controls_show(struct ftps_controls_view *view);

/* What the servers effectively accept. */
void ftps_controls_show_servers(pr_ctrls_t *ctrl);

/* Checks all files, and shows what has changed. */
void ftps_controls_show_reload(pr_ctrls_t *ctrl);

#endif /* FTPS_HOST_DAEMON_CONTROLS_SHOW_H */
