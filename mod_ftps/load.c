/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * load.c: see load.h.
 */
#include "load.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/compat.h"

/* The host exports it and declares it in none of its headers. */
extern xaset_t *server_list;

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

/* ProFTPD 1.3.8 loses the listeners that were registered later for the same
 * event, when it unregisters one.  It lists the latest first.
 */
static struct {
  const char *name;    /* of the module that is to go, as it is listed */
  bool is_other_later; /* for the event that is being listed */
  bool would_lose;
} listeners;

static void look_at_listener(const char *fmt, ...) {
  char line[256];
  va_list args;

  va_start(args, fmt);
  (void) pr_vsnprintf(line, sizeof(line), fmt, args);
  va_end(args);

  if (strncmp(line, "  ", 2) != 0) {
    listeners.is_other_later = false;
  } else if (strcmp(line + 2, listeners.name) == 0) {
    listeners.would_lose |= listeners.is_other_later;
  } else {
    listeners.is_other_later = true;
  }
}

static bool would_lose_listeners(const module *m) {
  char name[128];

  (void) pr_snprintf(name, sizeof(name), "mod_%s.c", m->name);
  memset(&listeners, 0, sizeof(listeners));
  listeners.name = name;
  pr_event_dump(look_at_listener);
  return listeners.would_lose;
}

bool ftps_load_replace(module *m, const char *our_name, bool is_again) {
  bool is_linked = m->handle == NULL;

  if ((!is_linked && !is_again) || is_in_use() ||
      (is_linked && would_lose_listeners(m)) || pr_module_unload(m) < 0) {
    return false;
  }

  if (is_linked) {
    pr_log_pri(PR_LOG_NOTICE,
        "%s: mod_%s.c, which is linked into this ProFTPD, is unloaded: %s "
        "takes its place",
        our_name, m->name, our_name);
  } else {
    pr_log_pri(PR_LOG_ERR,
        "%s: mod_%s.c is unloaded again: %s takes its place; remove the line "
        "\"LoadModule mod_%s.c\", or the next start fails; modules between the "
        "two may miss events until the next restart",
        our_name, m->name, our_name, m->name);
  }

  return true;
}
