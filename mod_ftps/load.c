/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * load.c: see load.h.
 */
#include "load.h"

#include <errno.h>
#include <string.h>

#include "base/compat.h"

/* ProFTPD exports it and declares it in none of its headers. */
extern xaset_t *server_list;
extern module *loaded_modules;

/* ProFTPD's structures are of the same size here and there. */
_Static_assert(sizeof(off_t) == SIZEOF_OFF_T, "ProFTPD has another off_t");
_Static_assert(sizeof(time_t) == SIZEOF_TIME_T, "ProFTPD has another time_t");

static bool has_replaced;

int ftps_load_refuse(void) {
  if (pr_parser_server_ctxt_get() != NULL) {
    pr_session_end(PR_SESS_END_FL_ERROR);
  }

  errno = EPERM;
  return -1;
}

/* Structures may change between 1.3.8 and 1.3.9, and between the candidates for
 * a release, but not between 1.3.8 and 1.3.8c.
 */
int ftps_load_check_host(const char *our_name) {
  unsigned long host = pr_version_get_number(), own = FTPS_BUILT_FOR;

  if (host == own ||
      (FTPS_RELEASE_OF(host) == FTPS_RELEASE_OF(own) &&
          !FTPS_IS_CANDIDATE(host) && !FTPS_IS_CANDIDATE(own))) {
    return 0;
  }

  pr_log_pri(PR_LOG_ERR,
      "%s: built for ProFTPD " FTPS_BUILT_FOR_TEXT
      " (%lx), and this is ProFTPD "
      "%s (%lx): every session would crash; build %s with the headers of this "
      "ProFTPD",
      our_name, own, pr_version_get_str(), host, our_name);
  return ftps_load_refuse();
}

static bool has_directives(const xaset_t *set) {
  const config_rec *c = set != NULL ? (const config_rec *) set->xas_list : NULL;

  for (; c != NULL; c = c->next) {
    if ((c->name != NULL && strncmp(c->name, "TLS", 3) == 0) ||
        has_directives(c->subset)) {
      return true;
    }
  }

  return false;
}

static bool is_in_use(void) {
  const server_rec *s =
      server_list != NULL ? (const server_rec *) server_list->xas_list : NULL;

  while (s != NULL && !has_directives(s->conf)) {
    s = s->next;
  }

  return s != NULL;
}

/* Does what pr_module_unload() does, but keeps the listeners: when ProFTPD
 * 1.3.8 unregisters one, it loses all that other modules have registered later
 * for the same event.
 */
static void take_out(module *m) {
  for (conftable *t = m->conftable; t != NULL && t->directive != NULL; t++) {
    (void) pr_stash_remove_symbol(PR_SYM_CONF, t->directive, m);
  }
  for (cmdtable *t = m->cmdtable; t != NULL && t->command != NULL; t++) {
    (void) pr_stash_remove_symbol(PR_SYM_CMD, t->command, m);
  }
  for (authtable *t = m->authtable; t != NULL && t->name != NULL; t++) {
    (void) pr_stash_remove_symbol(PR_SYM_AUTH, t->name, m);
  }

  (void) pr_timer_remove(-1, m);
  FTPS_FORGET_CONTROLS(m);

  if (m->prev != NULL) {
    m->prev->next = m->next;
  } else {
    loaded_modules = m->next;
  }
  if (m->next != NULL) {
    m->next->prev = m->prev;
  }
  m->prev = m->next = NULL;
}

bool ftps_load_replace(module *m, const char *our_name, bool is_again) {
  bool is_linked = m->handle == NULL;

  if ((!is_linked && !is_again) || is_in_use()) {
    return false;
  }

  take_out(m);
  if (is_linked) {
    pr_log_pri(PR_LOG_NOTICE,
        "%s: mod_%s.c, which is linked into this ProFTPD, is unloaded: %s "
        "takes its place",
        our_name, m->name, our_name);
  } else {
    pr_log_pri(PR_LOG_ERR,
        "%s: mod_%s.c is unloaded again: %s takes its place; remove the line "
        "\"LoadModule mod_%s.c\", or the next start fails",
        our_name, m->name, our_name, m->name);
  }

  has_replaced = true;
  return true;
}

bool ftps_load_has_replaced(void) {
  return has_replaced;
}
