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

struct ftps_controls_view {
  pr_ctrls_t *ctrl;
  enum ftps_cache_name cache;
  bool is_verbose; /* -v: every session */
  bool is_json;    /* -j: one object on each line */
  unsigned int lines;
};

/* Returns 0, or -1 with errno set. */
int ftps_controls_show(struct ftps_controls_view *view);

/* What the servers effectively accept. */
void ftps_controls_show_servers(pr_ctrls_t *ctrl);

/* Checks all files, and shows what has changed. */
void ftps_controls_show_reload(pr_ctrls_t *ctrl);

#endif /* FTPS_HOST_DAEMON_CONTROLS_SHOW_H */
