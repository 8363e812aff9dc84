/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * policy.h: TLSRequired in all its scopes.
 *
 * host/config/require.c, a pure function, decides; here is the hook before
 * every command.
 */
#ifndef FTPS_HOST_CONTROL_POLICY_H
#define FTPS_HOST_CONTROL_POLICY_H

#include <stdbool.h>

#include "base/refusal.h"

#include "conf.h"

struct ftps_session;

/* PRE_CMD of every command: PR_DECLINED, or PR_ERROR with the reply added. */
modret_t *ftps_policy_pre_any(cmd_rec *cmd);

/* TLSOptions AllowPerUser: true if this user, who is known now, may work
 * without TLS.  True without the option: then it was checked before.
 */
bool ftps_policy_admits_user(const struct ftps_session *sess);

/* Checks whether PROT may set this level here: PROT C if data must be
 * protected, PROT P if data must not be, <Limit PROT>.
 */
enum ftps_refusal ftps_policy_judge_prot(cmd_rec *cmd, bool wants_private);

/* Checks whether CCC may clear the control connection (TLSRequired, <Limit
 * CCC>).
 */
enum ftps_refusal ftps_policy_judge_ccc(cmd_rec *cmd);

/* True if a later CCC may be allowed.  <Limit CCC> counts from the login on,
 * because the user is not known before.
 */
bool ftps_policy_foresees_ccc(void);

/* <Limit SSCN> */
enum ftps_refusal ftps_policy_judge_sscn(cmd_rec *cmd);

#endif /* FTPS_HOST_CONTROL_POLICY_H */
