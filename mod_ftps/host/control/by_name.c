/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * by_name.c: see by_name.h.
 */
#include "host/control/by_name.h"

#include <ctype.h>
#include <strings.h>

#include "base/daemon.h"
#include "base/settings.h"
#include "host/names.h"
#include "host/session.h"
#include "named/find.h"
#include "vhost/vhost.h"

#include "conf.h"

/* After a login the process has no root, and may be in a chroot. */
static enum ftps_found find(const struct ftps_vhost *vhost, const char *name,
    struct ftps_shown *cert_out) {
  return ftps_names_find(ftps_daemon_get0(), ftps_vhost_settings(vhost), name,
      session.user == NULL, cert_out);
}

bool ftps_by_name_is_known(const struct ftps_vhost *vhost, const char *name) {
  struct ftps_shown unused;

  return find(vhost, name, &unused) != FTPS_FOUND_NOTHING;
}

/* In the form of a name in a ClientHello.  NULL is allowed. */
static const char *to_lower(pool *p, const char *host) {
  char *name = host != NULL ? pstrdup(p, host) : NULL;

  for (char *c = name; c != NULL && *c != '\0'; c++) {
    *c = (char) tolower((unsigned char) *c);
  }

  return name;
}

/* There is one handshake, so this stays once. */
static const char *name_of_host(void) {
  return to_lower(session.pool,
      pr_table_get(session.notes, FTPS_NOTE_HOST, NULL));
}

static bool uses_directory(const struct ftps_settings *settings) {
  return settings->certificate_dir != NULL &&
      (settings->options & FTPS_OPT_IGNORE_SNI) == 0;
}

const char *ftps_by_name_certify(void *arg, const struct ftps_vhost *vhost,
    const char *name, struct ftps_shown *cert_out) {
  const struct ftps_settings *settings = ftps_vhost_settings(vhost);

  (void) arg;
  if (!uses_directory(settings)) {
    return NULL;
  }

  if (name[0] == '\0') {
    name = name_of_host();
  }

  return name != NULL && find(vhost, name, cert_out) == FTPS_FOUND_CERTIFICATE
      ? name
      : NULL;
}

/* The rules that ProFTPD has for its own names: not after a login, and under
 * TLS the name of the ClientHello alone.
 */
static bool may_have_host(cmd_rec *cmd, const char *name) {
  const char *sni = pr_table_get(session.notes, FTPS_NOTE_SNI, NULL);

  return session.user == NULL &&
      (session.rfc2228_mech == NULL ||
          (sni != NULL && strcasecmp(sni, name) == 0)) &&
      pr_namebind_get_server(name, main_server->addr, session.c->local_port) ==
      NULL &&
      dir_check(cmd->tmp_pool, cmd, cmd->group, session.cwd, NULL) != 0;
}

modret_t *ftps_by_name_host(cmd_rec *cmd) {
  const struct ftps_session *sess = ftps_session_current();
  const char *name =
      cmd->argc == 2 ? to_lower(cmd->tmp_pool, cmd->argv[1]) : NULL;

  if (sess == NULL || name == NULL || !uses_directory(sess->settings) ||
      !may_have_host(cmd, name) || !ftps_by_name_is_known(sess->vhost, name)) {
    return PR_DECLINED(cmd);
  }

  (void) pr_table_remove(session.notes, FTPS_NOTE_HOST, NULL);
  (void) pr_table_add_dup(session.notes, FTPS_NOTE_HOST, cmd->argv[1], 0);
  pr_response_add(R_220, "HOST command successful");
  return PR_HANDLED(cmd);
}
