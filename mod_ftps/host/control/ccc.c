/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * ccc.c: see ccc.h.
 */
#include "host/control/ccc.h"

#include "conn/ccc.h"
#include "conn/conn.h"
#include "host/control/commands.h"
#include "host/control/policy.h"
#include "host/session.h"
#include "log/log.h"

bool ftps_ccc_is_done(const struct ftps_session *sess) {
  return sess != NULL && sess->control != NULL &&
      sess->control->state == FTPS_CONN_RELEASED;
}

modret_t *ftps_ccc_command(cmd_rec *cmd) {
  struct ftps_session *sess = ftps_session_current();

  if (sess == NULL || sess->control == NULL) {
    return PR_DECLINED(cmd);
  }

  if (ftps_ccc_is_done(sess)) {
    return ftps_commands_refuse(cmd, R_533,
        "CCC not allowed on insecure control connection");
  }

  if (!ftps_policy_allows_ccc(cmd)) {
    return ftps_commands_refuse(cmd, R_534,
        "Unwilling to accept security parameters");
  }

  ftps_release_send_tickets(sess->control);
  pr_response_send(R_200, "Clearing control channel protection");
  ftps_release_start(sess->control);
  ftps_log("received CCC, clearing control channel protection");
  return PR_HANDLED(cmd);
}
