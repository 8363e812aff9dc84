/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ccc.c: see ccc.h.
 */
#include "host/control/ccc.h"

#include "conn/ccc.h"
#include "conn/conn.h"
#include "host/control/policy.h"
#include "host/reply.h"
#include "host/session.h"
#include "log/log.h"

/* From now on PORT comes in clear, and anybody on the network path could choose
 * the server to which we connect as TLS client.
 */
static void end_client_role(struct ftps_session *sess) {
  if (sess->is_tls_client) {
    ftps_log("SSCN OFF: after CCC");
    sess->is_tls_client = false;
  }
}

modret_t *ftps_ccc_command(cmd_rec *cmd) {
  struct ftps_session *sess = ftps_session_current();
  enum ftps_refusal refusal;

  if (sess == NULL || sess->control == NULL) {
    return PR_DECLINED(cmd);
  }

  if (ftps_session_is_cleared(sess)) {
    return ftps_reply_refuse(cmd, FTPS_REFUSAL_CCC_AFTER_CCC, NULL);
  }

  refusal = ftps_policy_judge_ccc(cmd);
  if (refusal != FTPS_REFUSAL_NONE) {
    return ftps_reply_refuse(cmd, refusal, cmd->argv[0]);
  }

  ftps_ccc_send_tickets(sess->control);
  pr_response_send(R_200, "Clearing control channel protection");
  ftps_ccc_start(sess->control);
  ftps_log("received CCC, clearing control channel protection");
  end_client_role(sess);
  return PR_HANDLED(cmd);
}
