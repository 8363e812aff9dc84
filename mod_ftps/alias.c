/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * alias.c: see alias.h.
 *
 * The record lives in permanent_pool: at SIGHUP the host walks its list of
 * modules, unloads each, and has already taken the pointer to the next one.  It
 * must not be unloaded from a handler of ours during that walk.
 */
#include "alias.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "conf.h"

#include "host/names.h"

extern module ftps_module;

#define ALIAS_FILE    "mod_tls.c"
#define ALIAS_VERSION FTPS_VERSION " as mod_tls"

static module *alias_module;

static bool is_ours(const module *m) {
  return m->module_version != NULL &&
      strcmp(m->module_version, ALIAS_VERSION) == 0;
}

/* "ftpdctl rmmod mod_tls.c" and "insmod mod_tls.c" would bring the real one in
 * beside us, and nothing in the host stops it.
 */
static void on_module_load(const void *data, void *arg) {
  module *m;

  (void) arg;
  if (strcmp(data, ALIAS_FILE) != 0) {
    return;
  }

  m = pr_module_get(ALIAS_FILE);
  if (m != NULL && !is_ours(m)) {
    pr_log_pri(PR_LOG_ERR,
        "mod_ftps: mod_tls.c cannot be loaded beside "
        "mod_ftps.c, which replaces it; unloading it again");
    (void) pr_module_unload(m);
  }
}

static module *make_record(void) {
  module *m = pcalloc(permanent_pool, sizeof(*m));

  m->api_version = 0x20;
  m->name = pstrdup(permanent_pool, "tls");
  m->module_version = pstrdup(permanent_pool, ALIAS_VERSION);
  return m;
}

int ftps_alias_load(void) {
  const module *other = pr_module_get(ALIAS_FILE);

  if (other != NULL && !is_ours(other)) {
    pr_log_pri(PR_LOG_ERR,
        "mod_ftps: LoadModule mod_ftps.c: mod_tls.c is "
        "loaded already, and mod_ftps replaces it; remove the line "
        "\"LoadModule mod_tls.c\"");
    errno = EPERM;
    return -1;
  }

  if (other == NULL) {
    if (alias_module == NULL) {
      alias_module = make_record();
    }
    if (pr_module_load(alias_module) < 0) {
      return -1;
    }
  }

  pr_event_register(&ftps_module, "core.module-load", on_module_load, NULL);
  return 0;
}
