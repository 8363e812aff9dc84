/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * no_controls.c: takes the place of host/daemon/controls*.c and
 * host/config/controls_acl.c where ProFTPD was configured with --disable-ctrls.
 * There is no ftpdctl then, so nobody can ask, and TLSControlsACLs is a line
 * without effect.
 */
#include "host/config/controls_acl.h"
#include "host/daemon/controls.h"

void ftps_controls_start(void) {
}

modret_t *ftps_controls_set_acls(cmd_rec *cmd,
    const struct ftps_directive *row) {
  (void) row;
  pr_log_pri(PR_LOG_NOTICE,
      "notice: TLSControlsACLs has no effect, because this ProFTPD was built "
      "without controls; remove the line");
  return PR_HANDLED(cmd);
}
