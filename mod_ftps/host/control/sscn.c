/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * sscn.c: see sscn.h.
 */
#include "host/control/sscn.h"

#include <string.h>

#include "base/settings.h"
#include "conn/conn.h"
#include "host/control/policy.h"
#include "host/reply.h"
#include "host/session.h"
#include "log/log.h"
#include "vhost/vhost.h"

static modret_t *tell_mode(cmd_rec *cmd, const struct ftps_session *sess) {
  pr_response_add(R_200, "SSCN:%s METHOD",
      sess->is_tls_client ? "CLIENT" : "SERVER");
  return PR_HANDLED(cmd);
}

modret_t *ftps_sscn_command(cmd_rec *cmd) {
  struct ftps_session *sess = ftps_session_current();
  enum ftps_refusal refusal;
  const char *mode;

  if (sess == NULL || sess->control == NULL) {
    return PR_DECLINED(cmd);
  }

  if (cmd->argc > 2) {
    return ftps_reply_refuse(cmd, FTPS_REFUSAL_SSCN_PARAMETERS, NULL);
  }

  refusal = ftps_policy_judge_sscn(cmd);
  if (refusal != FTPS_REFUSAL_NONE) {
    return ftps_reply_refuse(cmd, refusal, NULL);
  }

  if (cmd->argc == 1) {
    return tell_mode(cmd, sess);
  }

  mode = cmd->argv[1];
  if (strcmp(mode, "ON") != 0 && strcmp(mode, "OFF") != 0) {
    return ftps_reply_refuse(cmd, FTPS_REFUSAL_SSCN_MODE, NULL);
  }

  /* Somebody who can write into the clear control connection must not choose a
   * certificate that replaces the client's session.
   */
  if (strcmp(mode, "ON") == 0 && ftps_session_is_cleared(sess)) {
    return ftps_reply_refuse(cmd, FTPS_REFUSAL_SSCN_AFTER_CCC, NULL);
  }

  sess->is_tls_client = strcmp(mode, "ON") == 0;
  ftps_log("SSCN %s: %s on data connections", mode,
      sess->is_tls_client ? "TLS client" : "TLS server");
  return tell_mode(cmd, sess);
}
