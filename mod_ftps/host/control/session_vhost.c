/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * session_vhost.c: see session_vhost.h.
 */
#include "host/control/session_vhost.h"

#include "base/daemon.h"
#include "base/settings.h"
#include "base/wake.h"
#include "host/config/settings_read.h"
#include "host/data/sendfile.h"
#include "log/keylog.h"
#include "log/log.h"
#include "vhost/settings_advice.h"
#include "vhost/vhost.h"
#include "vhost/vhosts.h"

static void report(enum ftps_severity severity, const char *text) {
  if (severity == FTPS_SEVERITY_FAULT) {
    ftps_log_admin(PR_LOG_ERR, "%s", text);
  } else {
    ftps_log("%s", text);
  }
}

/* The daemon checks the files a moment later and logs what is wrong, once for
 * all sessions.
 */
static void log_fault(enum ftps_wake daemon, const char *text) {
  const char *fmt =
      "changed files cannot be used, the old certificate stays in use: %s";

  if (daemon == FTPS_WAKE_NOBODY) {
    ftps_log_admin(PR_LOG_WARNING, fmt, text);
  } else if (daemon == FTPS_WAKE_FIRST) {
    ftps_log(fmt, text);
  }
}

/* Uses renewed files, as long as the process still has root. */
static void refresh(struct ftps_vhost *vhost) {
  struct ftps_error err;
  enum ftps_wake daemon;
  int res;

  ftps_error_clear(&err);
  res = ftps_vhosts_refresh(vhost, &err);
  if (res == 0) {
    return;
  }

  daemon = ftps_wake_ask(ftps_daemon_get0());
  if (res < 0) {
    log_fault(daemon, err.text);
  } else if (res != FTPS_VHOST_LEFT) {
    ftps_log("changed certificate files are in use now");
  }
}

bool ftps_session_vhost_is_stale(const struct ftps_vhost *vhost,
    const server_rec *s) {
  return vhost != NULL ? vhost->records != ftps_settings_fingerprint(s->conf)
                       : ftps_settings_has_engine(s);
}

static void open_logs(const struct ftps_settings *settings) {
  ftps_log_open(settings->log_path, settings->log_format);
  ftps_keylog_open(ftps_daemon_get0(), settings->keylog_path);
}

/* The log of the new settings is opened first, because it gets the faults.  It
 * is not opened for a server that SNI names, because the session moves there
 * only after the handshake.
 */
static int build(server_rec *s, struct ftps_vhost **vhost_out) {
  struct ftps_daemon *daemon = ftps_daemon_get0();
  pool *p = ftps_vhosts_new_pool(daemon);
  const struct ftps_settings *settings = ftps_settings_read(p, s);

  if (!settings->engine) {
    destroy_pool(p);
    return 0;
  }

  if (s == main_server) {
    open_logs(settings);
  }
  ftps_log_trace(5, "server \"%s\": its TLS settings are those of this session",
      settings->server_name);
  ftps_settings_warn(settings, report);
  ftps_sendfile_prepare(settings);
  *vhost_out = ftps_vhosts_add_late(daemon, p, s, settings, report);
  if (*vhost_out == NULL) {
    ftps_log_admin(PR_LOG_ALERT, "server \"%s\": no memory for its TLS",
        settings->server_name);
    return -1;
  }
  return 0;
}

int ftps_session_vhost_find(server_rec *s, struct ftps_vhost **vhost_out) {
  struct ftps_daemon *daemon = ftps_daemon_get0();
  struct ftps_vhost *vhost = ftps_vhosts_find(daemon, s);
  struct ftps_vhost *variant = NULL;

  if (ftps_session_vhost_is_stale(vhost, s)) {
    variant =
        ftps_vhosts_find_variant(daemon, s, ftps_settings_fingerprint(s->conf));
    vhost = variant != NULL ? variant : vhost;
  }

  if (vhost != NULL) {
    if (s == main_server) {
      open_logs(ftps_vhost_settings(vhost));
    }
    refresh(vhost);
  }

  *vhost_out = NULL;
  if (ftps_session_vhost_is_stale(vhost, s)) {
    return build(s, vhost_out);
  }

  *vhost_out = vhost;
  return 0;
}
