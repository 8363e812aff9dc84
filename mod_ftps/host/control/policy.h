/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * policy.h: TLSRequired in all its scopes.
 *
 * The decision is host/config/require.c's, a pure function; here is the hook
 * before every command.
 */
#ifndef FTPS_HOST_CONTROL_POLICY_H
#define FTPS_HOST_CONTROL_POLICY_H

#include <stdbool.h>

#include "base/refusal.h"

#include "conf.h"

struct ftps_session;

/* PRE_CMD of every command: PR_DECLINED, or PR_ERROR with the reply added. */
modret_t *ftps_policy_pre_any(cmd_rec *cmd);

/* TLSOptions AllowPerUser: may this user, who is known now, be here without
 * TLS?  True without the option: then it has been seen to before.
 */
bool ftps_policy_admits_user(const struct ftps_session *sess);

/* May PROT set this level here?  (PROT C where data must be protected, PROT P
 * where it must not, <Limit PROT>.)
 */
enum ftps_refusal ftps_policy_judge_prot(cmd_rec *cmd, bool wants_private);

/* May CCC clear the control connection?  (TLSRequired, <Limit CCC>.) */
enum ftps_refusal ftps_policy_judge_ccc(cmd_rec *cmd);

/* Can a CCC that may come later be allowed?  <Limit CCC> counts from the login
 * on: before that it is not known who it will be.
 */
bool ftps_policy_foresees_ccc(void);

/* <Limit SSCN> */
enum ftps_refusal ftps_policy_judge_sscn(cmd_rec *cmd);

#endif /* FTPS_HOST_CONTROL_POLICY_H */
