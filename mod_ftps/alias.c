/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * alias.c: see alias.h.
 *
 * The record lives in permanent_pool.  At SIGHUP ProFTPD goes through its list
 * of modules, unloads each, and has already read the pointer to the next one.
 * So the record must not be unloaded from a handler of ours during that.
 */
#include "alias.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "conf.h"

#include "load.h"

/* Distinguishes our record from that of the other module. */
#define VERSION_MARK "answered by "

static module *alias_module;

static bool is_ours(const module *m) {
  return m->module_version != NULL &&
      strncmp(m->module_version, VERSION_MARK, strlen(VERSION_MARK)) == 0;
}

/* "ftpdctl rmmod mod_tls.c" and "insmod mod_tls.c" would load the real one in
 * addition to us, and ProFTPD does not prevent it.
 */
static void on_module_load(const void *data, void *arg) {
  const struct ftps_alias *alias = arg;
  module *m;

  if (strcmp(data, alias->file) != 0) {
    return;
  }

  m = pr_module_get(alias->file);
  if (m != NULL && !is_ours(m)) {
    pr_log_pri(PR_LOG_ERR,
        "%s: %s cannot be loaded beside %s.c, which replaces it; unloading it "
        "again",
        alias->our_name, alias->file, alias->our_name);
    (void) pr_module_unload(m);
  }
}

static module *make_record(const struct ftps_alias *alias) {
  module *m = pcalloc(permanent_pool, sizeof(*m));

  m->api_version = 0x20;
  m->name = pstrdup(permanent_pool, alias->name);
  m->module_version =
      pstrcat(permanent_pool, VERSION_MARK, alias->self->module_version, NULL);
  return m;
}

static const char *describe_remedy(const struct ftps_alias *alias,
    const module *other) {
  if (other->handle == NULL) {
    return "put this line before the first TLS directive";
  }

  return pstrcat(permanent_pool, "remove the line \"LoadModule ", alias->file,
      "\"", NULL);
}

int ftps_alias_load(const struct ftps_alias *alias) {
  module *other = pr_module_get(alias->file);

  if (other != NULL && !is_ours(other) &&
      ftps_load_replace(other, alias->our_name, alias_module != NULL)) {
    other = NULL;
  }

  if (other != NULL && !is_ours(other)) {
    pr_log_pri(PR_LOG_ERR,
        "%s: LoadModule %s.c: %s is loaded already, and %s replaces it; %s",
        alias->our_name, alias->our_name, alias->file, alias->our_name,
        describe_remedy(alias, other));
    return ftps_load_refuse();
  }

  if (other == NULL) {
    if (alias_module == NULL) {
      alias_module = make_record(alias);
    }
    if (pr_module_load(alias_module) < 0) {
      return -1;
    }
  }

  /* ProFTPD returns the pointer unchanged. */
  pr_event_register(alias->self, "core.module-load", on_module_load,
      (void *) (uintptr_t) alias);
  return 0;
}
