/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * login.h: client certificates instead of passwords, or in addition to them.
 *
 * Handlers for ProFTPD's authentication table and for commands.  Nothing is
 * kept from one USER to the next: each name is compared with the present
 * certificate of the connection.
 *
 * A verified certificate can admit a user by TLSUserName, TLSUserMapFile or
 * TLSOptions AllowDotLogin; one of them is enough.  With TLSOptions
 * CertificateAndPassword it is needed in addition to a password, not instead of
 * it, for everybody.
 *
 * ProFTPD (1.3.8) remembers "no password needed" for the rest of a session, and
 * takes the client for logged in, also if the login was refused after all (a
 * user without account or shell, <Limit LOGIN>).  So such a session is ended at
 * its next command.
 *
 * Source: doc/contract.md: Logins by certificate.
 */
#ifndef FTPS_HOST_CONTROL_LOGIN_H
#define FTPS_HOST_CONTROL_LOGIN_H

#include "conf.h"

extern authtable ftps_login_authtable[];

/* PRE_CMD of all commands, and of PASS. */
modret_t *ftps_login_pre_any(cmd_rec *cmd);
modret_t *ftps_login_pre_pass(cmd_rec *cmd);

#endif /* FTPS_HOST_CONTROL_LOGIN_H */
