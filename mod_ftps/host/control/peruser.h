/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * peruser.h: what depends on the user, when the user is known.
 *
 * Called at the end of PASS and USER.  A POST_CMD handler of PASS merges the
 * sections of mod_ifsession (<IfUser>, <IfGroup>, <IfAuthenticated>) into the
 * server.  The order of loading decides whose handlers run first.  So this is a
 * LOG_CMD handler, which comes after all of them and before the reply is sent.
 *
 * It checks TLSOptions again, with TLSOptions AllowPerUser also TLSRequired,
 * and Protocols, which ProFTPD checks for "ftp" only.
 *
 * DIAGNOSTICS: "login refused: ..." in TLSLog; 530, and the session ends.
 *
 * Source: doc/contract.md: AllowPerUser.
 */
#ifndef FTPS_HOST_CONTROL_PERUSER_H
#define FTPS_HOST_CONTROL_PERUSER_H

#include "conf.h"

/* LOG_CMD of every command that succeeded: PR_DECLINED. */
modret_t *ftps_peruser_log_any(cmd_rec *cmd);

#endif /* FTPS_HOST_CONTROL_PERUSER_H */
