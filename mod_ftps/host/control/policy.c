/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * policy.c: TLSRequired in all its scopes; see policy.h.
 *
 * host/config/require.c decides; host/config/required.c and host/data/target.c
 * find out which values apply.  This file checks the client's path before the
 * command runs, so that the reply is right.  Other modules may change the path:
 * host/data/clear.c checks the path that is really opened.
 *
 * Costs: for commands that cannot be refused nothing is looked up.  On a
 * protected connection these are all commands except transfers after PROT C.
 *
 * DIAGNOSTICS: "refused: ..." in TLSLog, with the command and the reason.
 */
#include "host/control/policy.h"

#include <errno.h>
#include <string.h>

#include "base/settings.h"
#include "conn/conn.h"
#include "host/config/require.h"
#include "host/config/required.h"
#include "host/data/clear.h"
#include "host/data/target.h"
#include "host/reply.h"
#include "host/session.h"

static bool is_control_protected(const struct ftps_session *sess) {
  return sess->control != NULL && sess->control->state == FTPS_CONN_OPEN;
}

static bool is_per_user(const struct ftps_session *sess) {
  return sess != NULL &&
      (sess->settings->options & FTPS_OPT_ALLOW_PER_USER) != 0;
}

static void read_toplevel(struct ftps_requirements *out) {
  ftps_required_read_server(is_per_user(ftps_session_current()), out);
}

static enum ftps_refusal judge(cmd_rec *cmd, const struct ftps_session *sess) {
  struct ftps_require_facts facts;
  struct ftps_requirements required;
  enum ftps_refusal refusal;

  facts.command = ftps_require_classify(cmd->argv[0]);
  facts.control_protected = is_control_protected(sess);
  facts.data_private = sess->prot == FTPS_PROT_PRIVATE;

  /* The user, and so what is required, is known after the login. */
  if (is_per_user(sess) && session.user == NULL) {
    return FTPS_REFUSAL_NONE;
  }

  if (facts.control_protected &&
      (facts.command != FTPS_COMMAND_TRANSFER || facts.data_private)) {
    return FTPS_REFUSAL_NONE;
  }

  read_toplevel(&required);
  refusal = ftps_require_decide(&facts, &required);

  /* Before a login there are no paths, and ProFTPD refuses by itself. */
  if (refusal != FTPS_REFUSAL_NONE || facts.command != FTPS_COMMAND_TRANSFER ||
      session.user == NULL) {
    return refusal;
  }

  required.data = ftps_require_nest(required.data,
      ftps_target_required(cmd, ftps_clear_required_at));
  return ftps_require_decide(&facts, &required);
}

modret_t *ftps_policy_pre_any(cmd_rec *cmd) {
  const struct ftps_session *sess = ftps_session_current();
  enum ftps_refusal refusal;

  if (sess == NULL) {
    return PR_DECLINED(cmd);
  }

  refusal = judge(cmd, sess);
  return refusal == FTPS_REFUSAL_NONE ? PR_DECLINED(cmd)
                                      : ftps_reply_refuse(cmd, refusal, NULL);
}

bool ftps_policy_admits_user(const struct ftps_session *sess) {
  struct ftps_requirements required;

  if (!is_per_user(sess) || is_control_protected(sess)) {
    return true;
  }

  read_toplevel(&required);
  return required.control != FTPS_REQUIRE_ON &&
      required.auth != FTPS_REQUIRE_ON;
}

static bool is_denied(cmd_rec *cmd) {
  return !dir_check(cmd->tmp_pool, cmd, cmd->group, session.vwd, NULL);
}

enum ftps_refusal ftps_policy_judge_prot(cmd_rec *cmd, bool wants_private) {
  struct ftps_requirements required;

  if (is_denied(cmd)) {
    return FTPS_REFUSAL_LIMIT;
  }

  read_toplevel(&required);
  return ftps_require_allows_prot(required.data, wants_private)
      ? FTPS_REFUSAL_NONE
      : FTPS_REFUSAL_PROT_REQUIRED;
}

static bool is_control_required(void) {
  struct ftps_requirements required;

  read_toplevel(&required);
  return required.control == FTPS_REQUIRE_ON;
}

enum ftps_refusal ftps_policy_judge_ccc(cmd_rec *cmd) {
  if (is_denied(cmd)) {
    return FTPS_REFUSAL_LIMIT;
  }

  return is_control_required() ? FTPS_REFUSAL_CCC_REQUIRED : FTPS_REFUSAL_NONE;
}

bool ftps_policy_foresees_ccc(void) {
  pool *p;
  bool is_foreseen;

  if (is_control_required()) {
    return false;
  }
  if (session.user == NULL) {
    return true;
  }

  p = make_sub_pool(session.pool);
  is_foreseen = !is_denied(pr_cmd_alloc(p, 1, C_CCC));
  destroy_pool(p);
  return is_foreseen;
}

enum ftps_refusal ftps_policy_judge_sscn(cmd_rec *cmd) {
  return is_denied(cmd) ? FTPS_REFUSAL_SSCN_LIMIT : FTPS_REFUSAL_NONE;
}
