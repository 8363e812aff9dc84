/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * peruser.c: see peruser.h.
 */
#include "host/control/peruser.h"

#include "conn/conn.h"
#include "conn/resume.h"
#include "host/config/settings_read.h"
#include "host/control/accept.h"
#include "host/control/policy.h"
#include "host/names.h"
#include "host/reply.h"
#include "host/session.h"

extern module ftps_module;

static void refuse(enum ftps_refusal refusal) {
  ftps_reply_log(refusal, NULL);
  ftps_reply_send(refusal, NULL);
  pr_session_disconnect(&ftps_module, PR_SESS_DISCONNECT_CONFIG_ACL,
      ftps_refusal_row(refusal)->log);
}

static void judge(const struct ftps_session *sess) {
  if (!ftps_policy_admits_user(sess)) {
    refuse(FTPS_REFUSAL_USER_REQUIRED);
  }
}

/* Whether the client's other control connections have the same login.  HOST may
 * have moved the session to another server than that of the handshake.
 */
static void enter_login(const struct ftps_session *sess) {
  const unsigned long alone =
      FTPS_OPT_NO_SESSION_REUSE | FTPS_OPT_OWN_SESSION_ONLY;
  char port[16];
  const char *names[] = { session.user, session.chroot_path,
    main_server->ServerName, pr_netaddr_get_ipstr(main_server->addr), port };
  size_t count = sizeof(names) / sizeof(names[0]);

  (void) snprintf(port, sizeof(port), "%u", main_server->ServerPort);
  for (size_t i = 0; i < count; i++) {
    if (names[i] == NULL) {
      names[i] = "";
    }
  }

  ftps_resume_enter(sess->control, names,
      (sess->settings->options & alone) == 0 ? count : 0);
}

static void finish_login(struct ftps_session *sess) {
  if (sess != NULL) {
    ftps_session_read_options(sess);
    judge(sess);
  }

  ftps_session_drop_keys(sess);
  if (sess == NULL || sess->control == NULL) {
    return;
  }

  if (!ftps_settings_has_protocol(main_server, FTPS_NAME_PROTOCOL)) {
    refuse(FTPS_REFUSAL_PROTOCOLS);
  }
  enter_login(sess);
}

/* The client has named a user whose sections are in force already, before the
 * password is sent.
 */
static void finish_user(struct ftps_session *sess) {
  if (sess != NULL && session.user == NULL &&
      pr_table_exists(session.notes, FTPS_NOTE_PER_USER) > 0) {
    ftps_session_read_options(sess);
    judge(sess);
  }
}

modret_t *ftps_peruser_log_any(cmd_rec *cmd) {
  if (cmd->cmd_id == PR_CMD_PASS_ID && session.user != NULL) {
    finish_login(ftps_session_current());

  } else if (cmd->cmd_id == PR_CMD_USER_ID) {
    finish_user(ftps_session_current());
  }

  return PR_DECLINED(cmd);
}
