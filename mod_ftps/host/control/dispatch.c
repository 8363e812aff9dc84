/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * dispatch.c: see dispatch.h.
 */
#include "host/control/dispatch.h"

#include "log/log.h"

/* A command that the client did not send, for modules that listen to it.
 * ProFTPD keeps pointers to the command that it is running.
 */
void ftps_dispatch(const char *name, const char *value, int class,
    bool is_logged) {
  const char *curr_cmd = session.curr_cmd;
  struct cmd_struc *curr_cmd_rec = session.curr_cmd_rec;
  int curr_cmd_id = session.curr_cmd_id;
  int curr_phase = session.curr_phase;
  pool *p = make_sub_pool(session.pool);
  cmd_rec *cmd = pr_cmd_alloc(p, 2, pstrdup(p, name), pstrdup(p, value));

  cmd->arg = pstrdup(p, value);
  cmd->cmd_class = class;
  (void) pr_cmd_dispatch_phase(cmd, POST_CMD, 0);
  if (is_logged) {
    (void) pr_cmd_dispatch_phase(cmd, LOG_CMD, 0);
  }

  session.curr_cmd = curr_cmd;
  session.curr_cmd_rec = curr_cmd_rec;
  session.curr_cmd_id = curr_cmd_id;
  session.curr_phase = curr_phase;
  destroy_pool(p);
}

void ftps_session_set_prot(struct ftps_session *sess, enum ftps_prot prot) {
  sess->prot = prot;

  /* ProFTPD learns the level only from PROT, and must not use sendfile() on a
   * protected connection.  AUTH SSL and implicit TLS imply PROT P.
   */
  ftps_dispatch(C_PROT, prot == FTPS_PROT_PRIVATE ? "P" : "C", CL_SEC, false);
  ftps_log("%s",
      prot == FTPS_PROT_PRIVATE ? FTPS_LOG_PROT_PRIVATE : FTPS_LOG_PROT_CLEAR);
}
