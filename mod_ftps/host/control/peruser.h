/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * peruser.h: what is different from one user to another, when it is known who
 * the user is.
 *
 * Called at the end of PASS and USER.  The sections of
 * mod_ifsession (<IfUser>, <IfGroup>, <IfAuthenticated>) are merged into the
 * server by a POST_CMD handler of PASS, and whose handlers run first depends on
 * the order of loading; so this hangs at LOG_CMD, which comes after all of them
 * and before the reply is sent.
 *
 * Looked at again are TLSOptions and, under TLSOptions AllowPerUser,
 * TLSRequired; and Protocols, which the core checks for "ftp" alone.
 *
 * DIAGNOSTICS: "login refused: ..." in TLSLog; 530, and the session ends.
 *
 * Source: contract, sections 2 (AllowPerUser), 3 (notes) and 7.
 */
#ifndef FTPS_HOST_CONTROL_PERUSER_H
#define FTPS_HOST_CONTROL_PERUSER_H

#include "conf.h"

/* LOG_CMD of every command that succeeded: PR_DECLINED. */
modret_t *ftps_peruser_log_any(cmd_rec *cmd);

#endif /* FTPS_HOST_CONTROL_PERUSER_H */
