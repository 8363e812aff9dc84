/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * policy.c: TLSRequired in all its scopes; see policy.h.
 *
 * host/config/require.c decides; host/config/required.c and host/data/target.c
 * find out which values apply.  This judges the client's words before the
 * command runs, for the sake of the reply.  Other modules may change what the
 * words mean: host/data/clear.c judges what is opened in fact.
 *
 * Costs: nothing is looked up for commands that cannot be refused any more,
 * which on a protected connection is all but transfers after PROT C.
 *
 * DIAGNOSTICS: "refused: ..." in TLSLog, with the command and the reason.
 */
#include "host/control/policy.h"

#include <errno.h>
#include <string.h>

#include "base/settings.h"
#include "base/x509_text.h"
#include "conn/conn.h"
#include "host/config/require.h"
#include "host/config/required.h"
#include "host/data/clear.h"
#include "host/data/target.h"
#include "host/session.h"
#include "log/log.h"

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

static const struct ftps_refusal *judge(cmd_rec *cmd,
    const struct ftps_session *sess) {
  struct ftps_require_facts facts;
  struct ftps_requirements required;
  const struct ftps_refusal *refusal;

  facts.command = ftps_require_classify(cmd->argv[0]);
  facts.control_protected = is_control_protected(sess);
  facts.data_private = sess->prot == FTPS_PROT_PRIVATE;

  /* Who it is, and so what is required, is known after the login. */
  if (is_per_user(sess) && session.user == NULL) {
    return NULL;
  }

  if (facts.control_protected &&
      (facts.command != FTPS_COMMAND_TRANSFER || facts.data_private)) {
    return NULL;
  }

  read_toplevel(&required);
  refusal = ftps_require_decide(&facts, &required);

  /* Before a login there are no paths: the core refuses by itself. */
  if (refusal != NULL || facts.command != FTPS_COMMAND_TRANSFER ||
      session.user == NULL) {
    return refusal;
  }

  required.data = ftps_require_nest(required.data,
      ftps_target_required(cmd, ftps_clear_required_at));
  return ftps_require_decide(&facts, &required);
}

modret_t *ftps_policy_pre_any(cmd_rec *cmd) {
  const struct ftps_session *sess = ftps_session_current();
  const struct ftps_refusal *refusal;
  char name[32];

  if (sess == NULL) {
    return PR_DECLINED(cmd);
  }

  refusal = judge(cmd, sess);
  if (refusal == NULL) {
    return PR_DECLINED(cmd);
  }

  (void) ftps_text_escape(cmd->argv[0], strlen(cmd->argv[0]), name,
      sizeof(name));
  ftps_log("refused: %s: %s %s", name, refusal->code, refusal->text);
  pr_response_add_err(refusal->code, "%s", refusal->text);

  pr_cmd_set_errno(cmd, EPERM);
  errno = EPERM;
  return PR_ERROR(cmd);
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

static bool is_limited(cmd_rec *cmd) {
  if (!is_denied(cmd)) {
    return false;
  }

  ftps_log("refused: %s: denied by <Limit>", (const char *) cmd->argv[0]);
  return true;
}

bool ftps_policy_allows_prot(cmd_rec *cmd, const struct ftps_session *sess,
    bool wants_private) {
  struct ftps_requirements required;

  (void) sess;

  if (is_limited(cmd)) {
    return false;
  }

  read_toplevel(&required);
  if (!ftps_require_allows_prot(required.data, wants_private)) {
    ftps_log("refused: PROT %s: TLSRequired", wants_private ? "P" : "C");
    return false;
  }

  return true;
}

static bool is_control_required(void) {
  struct ftps_requirements required;

  read_toplevel(&required);
  return required.control == FTPS_REQUIRE_ON;
}

bool ftps_policy_allows_ccc(cmd_rec *cmd) {
  if (is_limited(cmd)) {
    return false;
  }

  if (is_control_required()) {
    ftps_log("refused: CCC: TLSRequired");
    return false;
  }

  return true;
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

bool ftps_policy_allows_sscn(cmd_rec *cmd) {
  return !is_limited(cmd);
}
