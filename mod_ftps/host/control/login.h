/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * login.h: client certificates instead of passwords, or beside them.
 *
 * Handlers for the host's authentication table and for commands.
 * Nothing is remembered from one USER to the next: each name is compared with
 * the certificate of the connection as it is now.
 *
 * Grounds on which a verified certificate admits a user: TLSUserName,
 * TLSUserMapFile, TLSOptions AllowDotLogin; any of them will do.  With
 * TLSOptions CertificateAndPassword they are needed in addition to a password,
 * not instead of it, for everybody.
 *
 * The host (1.3.8) remembers "no password needed" for the rest of a session,
 * and takes the client for logged in, even when the login was refused after
 * all (a user without account or shell, <Limit LOGIN>).  So such a session is
 * ended at its next command.
 *
 * Source: contract section 8 (issue 3; ProFTPD issue 2319).
 */
#ifndef FTPS_HOST_CONTROL_LOGIN_H
#define FTPS_HOST_CONTROL_LOGIN_H

#include "conf.h"

extern authtable ftps_login_authtable[];

/* PRE_CMD of all commands, and of PASS. */
modret_t *ftps_login_pre_any(cmd_rec *cmd);
modret_t *ftps_login_pre_pass(cmd_rec *cmd);

#endif /* FTPS_HOST_CONTROL_LOGIN_H */
