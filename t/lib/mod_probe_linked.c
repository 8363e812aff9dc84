/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * mod_probe_linked.c: makes mod_tls.c, loaded before it, look as if it were
 * linked into the daemon: such a module has no handle.
 */
#include "conf.h"

static int init_module(void) {
  module *m = pr_module_get("mod_tls.c");

  if (m != NULL) {
    m->handle = NULL;
  }
  return 0;
}

module probe_linked_module = { NULL, NULL, 0x20, "probe_linked", NULL, NULL,
  NULL, init_module, NULL, "probe", NULL, 0 };
