/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_probe_directives.c: a module that prints the directives of mod_ftps as
 * ProFTPD knows them: the table of the module, and whose directive a name is
 * when a configuration is read.  Built and loaded by t/25-directives.t.
 */
#include "conf.h"

static int init(void) {
  const module *ftps = pr_module_get("mod_ftps.c");
  const conftable *row = ftps != NULL ? ftps->conftable : NULL;

  for (; row != NULL && row->directive != NULL; row++) {
    const conftable *found =
        pr_stash_get_symbol2(PR_SYM_CONF, row->directive, NULL, NULL, NULL);

    fprintf(stderr, "probe: %s of %s\n", row->directive,
        found != NULL && found->m != NULL ? found->m->name : "nobody");
  }

  return 0;
}

module probe_directives_module = { NULL, NULL, 0x20, "probe_directives", NULL,
  NULL, NULL, init, NULL, "mod_probe_directives/1.0", NULL, 0 };
