/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_probe_linked.c: makes mod_tls.c, loaded before it, look as if it were
 * linked into the daemon: such a module has no handle.  As modules do that are
 * linked in behind mod_tls, it listens to an event that mod_tls listens to, and
 * logs it.
 */
#include "conf.h"

extern module probe_linked_module;

static void on_postparse(const void *data, void *arg) {
  (void) data;
  (void) arg;
  pr_log_pri(PR_LOG_NOTICE, "probe: postparse");
}

static int init_module(void) {
  module *m = pr_module_get("mod_tls.c");

  if (m != NULL) {
    m->handle = NULL;
  }
  pr_event_register(&probe_linked_module, "core.postparse", on_postparse, NULL);
  return 0;
}

module probe_linked_module = { NULL, NULL, 0x20, "probe_linked", NULL, NULL,
  NULL, init_module, NULL, "probe", NULL, 0 };
