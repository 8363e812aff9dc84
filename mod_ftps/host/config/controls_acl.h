/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * controls_acl.h: TLSControlsACLs: who may use which action of "ftpdctl tls
 * ...".
 */
#ifndef FTPS_HOST_CONFIG_CONTROLS_ACL_H
#define FTPS_HOST_CONFIG_CONTROLS_ACL_H

#include <stdbool.h>

#include "host/config/rules.h"

#include "mod_ctrls.h"

/* Called at each init.  After it nobody may use any action. */
void ftps_controls_reset_acls(void);

/* Setter of TLSControlsACLs. */
modret_t *ftps_controls_set_acls(cmd_rec *cmd,
    const struct ftps_directive *row);

/* `action` is the name of a cache, or an action on a cache. */
bool ftps_controls_is_allowed(const pr_ctrls_t *ctrl, const char *action);

#endif /* FTPS_HOST_CONFIG_CONTROLS_ACL_H */
