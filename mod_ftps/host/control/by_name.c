/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * by_name.c: see by_name.h.
 */
#include "host/control/by_name.h"

#include <ctype.h>

#include "base/daemon.h"
#include "base/settings.h"
#include "host/names.h"
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

/* In the form of a name in a ClientHello. */
static const char *name_of_host(void) {
  const char *host = pr_table_get(session.notes, FTPS_NOTE_HOST, NULL);
  char *name = host != NULL ? pstrdup(session.pool, host) : NULL;

  for (char *c = name; c != NULL && *c != '\0'; c++) {
    *c = (char) tolower((unsigned char) *c);
  }

  return name;
}

const char *ftps_by_name_certify(void *arg, const struct ftps_vhost *vhost,
    const char *name, struct ftps_shown *cert_out) {
  const struct ftps_settings *settings = ftps_vhost_settings(vhost);

  (void) arg;
  if (settings->certificate_dir == NULL ||
      (settings->options & FTPS_OPT_IGNORE_SNI) != 0) {
    return NULL;
  }

  if (name[0] == '\0') {
    name = name_of_host();
  }

  return name != NULL && find(vhost, name, cert_out) == FTPS_FOUND_CERTIFICATE
      ? name
      : NULL;
}
