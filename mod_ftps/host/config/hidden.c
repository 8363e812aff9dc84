/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * hidden.c: see hidden.h.
 */
#include "host/config/hidden.h"

#include <stdbool.h>
#include <string.h>

#include "conf.h"

#include "base/daemon.h"

/* A bit that no type of record has. */
#define HIDDEN (1 << 30)

/* ProFTPD exports it and declares it in none of its headers. */
extern xaset_t *server_list;

static void mark(xaset_t *set, bool hide) {
  config_rec *c = set != NULL ? (config_rec *) set->xas_list : NULL;

  for (; c != NULL; c = c->next) {
    if (c->name != NULL && strncmp(c->name, "TLS", 3) == 0) {
      c->config_type =
          hide ? c->config_type | HIDDEN : c->config_type & ~HIDDEN;
    }
    mark(c->subset, hide);
  }
}

static void mark_all(struct ftps_daemon *daemon, bool hide) {
  for (server_rec *s = (server_rec *) server_list->xas_list; s != NULL;
       s = s->next) {
    mark(s->conf, hide);
  }
  daemon->has_hidden = hide;
}

void ftps_hidden_hide(struct ftps_daemon *daemon) {
  mark_all(daemon, true);
}

void ftps_hidden_show(struct ftps_daemon *daemon) {
  if (daemon->has_hidden) {
    mark_all(daemon, false);
  }
}
