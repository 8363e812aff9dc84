/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * login.c: see login.h.
 */
#include "host/control/login.h"

#include <errno.h>
#include <string.h>

#include "base/certname.h"
#include "base/settings.h"
#include "base/usermap.h"
#include "base/x509_text.h"
#include "conn/conn.h"
#include "conn/peer.h"
#include "host/control/dotlogin.h"
#include "host/names.h"
#include "host/reply.h"
#include "host/session.h"
#include "log/log.h"
#include "vhost/usermap_file.h"
#include "vhost/vhosts.h"

extern module ftps_module;

#define NOTE_USER "mod_auth.orig-user"

static bool is_named(const struct ftps_settings *settings, const X509 *cert,
    const char *user) {
  if (settings->user_name_oid != NULL) {
    return ftps_certname_extension_is(cert, settings->user_name_oid, user);
  }

  return ftps_certname_is(cert, settings->user_name, user);
}

static bool is_mapped(const struct ftps_session *sess, const X509 *cert,
    const char *user) {
  const SSL_CTX *ctx = ftps_vhost_get0_context(sess->vhost);
  const struct ftps_usermap *map =
      ctx != NULL ? ftps_usermap_file_get0(ctx) : NULL;

  return map != NULL && ftps_usermap_admits(map, user, ftps_certname_is, cert);
}

static bool has_dotlogin(const struct ftps_settings *settings, X509 *cert,
    const struct passwd *account) {
  struct ftps_error err;
  bool res;

  if ((settings->options & FTPS_OPT_ALLOW_DOT_LOGIN) == 0) {
    return false;
  }

  ftps_error_clear(&err);
  res = ftps_dotlogin_has(account, cert, &err);
  if (err.text[0] != '\0') {
    ftps_log("TLSOptions AllowDotLogin: not used: %s", err.text);
  }
  return res;
}

/* Returns the directive by which the certificate admits the user, or NULL. */
static const char *find_grounds(const struct ftps_session *sess, X509 *cert,
    pool *p, const char *user) {
  const struct passwd *account = pr_auth_getpwnam(p, user);

  if (account == NULL) {
    return NULL;
  }
  if (is_named(sess->settings, cert, user)) {
    return "TLSUserName";
  }
  if (is_mapped(sess, cert, user)) {
    return "TLSUserMapFile";
  }

  return has_dotlogin(sess->settings, cert, account)
      ? "TLSOptions AllowDotLogin"
      : NULL;
}

static void log_admitted(const char *user, X509 *cert, const char *grounds) {
  char name[256], subject[512], print[65];

  (void) ftps_text_escape(user, strlen(user), name, sizeof(name));
  (void) ftps_text_name(X509_get_subject_name(cert), subject, sizeof(subject));
  (void) ftps_text_fingerprint(cert, print, sizeof(print));
  ftps_log("client certificate admits user '%s' (%s; subject \"%s\", SHA-256 "
           "%s)",
      name, grounds, subject, print);
}

static bool is_admitted(pool *p, const char *user) {
  const struct ftps_session *sess = ftps_session_current();
  const char *grounds = NULL;
  X509 *cert = NULL;

  if (sess != NULL && sess->control != NULL) {
    cert = ftps_peer_get0_verified(sess->control);
  }
  if (cert != NULL) {
    grounds = find_grounds(sess, cert, p, user);
  }
  if (grounds != NULL) {
    log_admitted(user, cert, grounds);
  }

  return grounds != NULL;
}

static bool needs_both(void) {
  const struct ftps_session *sess = ftps_session_current();

  return sess != NULL &&
      (sess->settings->options & FTPS_OPT_CERTIFICATE_AND_PASSWORD) != 0;
}

static bool is_enough(cmd_rec *cmd, const char *user) {
  if (!needs_both() && is_admitted(cmd->tmp_pool, user)) {
    session.auth_mech = FTPS_NAME_AUTH_MECH;
    return true;
  }

  if (session.auth_mech != NULL &&
      strcmp(session.auth_mech, FTPS_NAME_AUTH_MECH) == 0) {
    session.auth_mech = NULL;
  }
  return false;
}

/* Auth handlers must return a pointer that is not NULL; this is it.  ProFTPD
 * reads the number.
 */
static modret_t *admit(cmd_rec *cmd) {
  int *code = palloc(cmd->tmp_pool, sizeof(*code));

  *code = PR_AUTH_RFC2228_OK;
  return mod_create_data(cmd, code);
}

static modret_t *requires_pass(cmd_rec *cmd) {
  if (!is_enough(cmd, cmd->argv[0])) {
    return PR_DECLINED(cmd);
  }

  ftps_process()->login = FTPS_LOGIN_ADMITTED;
  return admit(cmd);
}

static modret_t *authenticate(cmd_rec *cmd) {
  return is_enough(cmd, cmd->argv[0]) ? admit(cmd) : PR_DECLINED(cmd);
}

static modret_t *check_password(cmd_rec *cmd) {
  return is_enough(cmd, cmd->argv[1]) ? admit(cmd) : PR_DECLINED(cmd);
}

modret_t *ftps_login_pre_any(cmd_rec *cmd) {
  struct ftps_process *process = ftps_process();

  (void) cmd;
  if (process->login == FTPS_LOGIN_ADMITTED) {
    process->login = FTPS_LOGIN_TRIED;

  } else if (process->login == FTPS_LOGIN_TRIED && session.user == NULL) {
    ftps_reply_log(FTPS_REFUSAL_CERTIFICATE_LOGIN, NULL);
    ftps_reply_send(FTPS_REFUSAL_CERTIFICATE_LOGIN, NULL);
    pr_session_disconnect(&ftps_module, PR_SESS_DISCONNECT_CONFIG_ACL,
        "login by certificate refused");
  }

  return PR_DECLINED(cmd);
}

modret_t *ftps_login_pre_pass(cmd_rec *cmd) {
  const char *user = pr_table_get(session.notes, NOTE_USER, NULL);
  char name[256];

  if (user == NULL || session.user != NULL || !needs_both()) {
    return PR_DECLINED(cmd);
  }

  (void) pr_auth_get_anon_config(cmd->tmp_pool, &user, NULL, NULL);
  if (user != NULL && is_admitted(cmd->tmp_pool, user)) {
    return PR_DECLINED(cmd);
  }

  if (user == NULL) {
    user = "";
  }
  (void) ftps_text_escape(user, strlen(user), name, sizeof(name));
  return ftps_reply_refuse(cmd, FTPS_REFUSAL_CERTIFICATE_AND_PASSWORD, name);
}

authtable ftps_login_authtable[] = { { 0, "requires_pass", requires_pass,
                                         NULL },
  { 0, "auth", authenticate, NULL }, { 0, "check", check_password, NULL },
  { 0, NULL, NULL, NULL } };
