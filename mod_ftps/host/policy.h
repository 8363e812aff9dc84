/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * policy.h: TLSRequired in all its scopes.
 *
 * Layer: host.  The decision is base/require.c's, a pure function; here are the
 * look-up in the configuration tree and the hook before every command.
 */
#ifndef FTPS_HOST_POLICY_H
#define FTPS_HOST_POLICY_H

#include <stdbool.h>

#include "conf.h"

struct ftps_session;

/* PRE_CMD of every command: PR_DECLINED, or PR_ERROR with the reply added. */
modret_t *ftps_policy_pre_any(cmd_rec *cmd);

/* May PROT set this level here?  (PROT C where data must be protected, PROT P
 * where it must not, <Limit PROT>.)
 */
bool ftps_policy_allows_prot(cmd_rec *cmd, const struct ftps_session *sess,
    bool wants_private);

#endif /* FTPS_HOST_POLICY_H */
