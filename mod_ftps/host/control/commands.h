/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * commands.h: AUTH, PBSZ and PROT (RFC 2228, RFC 4217), and what is done before
 * and after transfer commands.
 *
 * Handlers of the command table in mod_ftps.c.  Replies: see doc/contract.md,
 * AUTH.
 */
#ifndef FTPS_HOST_CONTROL_COMMANDS_H
#define FTPS_HOST_CONTROL_COMMANDS_H

#include <stdbool.h>

#include "conf.h"

/* PRE_CMD, before the other handlers: the settings may have changed. */
modret_t *ftps_commands_pre_any(cmd_rec *cmd);

/* LOG_CMD, LOG_CMD_ERR, before the other handlers: our streams stay in place.
 */
modret_t *ftps_commands_log_any(cmd_rec *cmd);

modret_t *ftps_commands_auth(cmd_rec *cmd);
modret_t *ftps_commands_pbsz(cmd_rec *cmd);
modret_t *ftps_commands_prot(cmd_rec *cmd);

/* PRE_CMD, before another module can refuse an upload; LOG_CMD and LOG_CMD_ERR
 * of STOR, STOU, APPE.
 */
modret_t *ftps_commands_pre_upload(cmd_rec *cmd);
modret_t *ftps_commands_log_upload(cmd_rec *cmd);

/* PRE_CMD of PASV, EPSV, PORT, EPRT: a data connection will be made. */
modret_t *ftps_commands_pre_data(cmd_rec *cmd);

/* Ends the session after a failed handshake. */
void ftps_commands_end_failed(bool is_text);

/* LOG_CMD_ERR: ends the session if the reply would be lost. */
modret_t *ftps_commands_log_failed(cmd_rec *cmd);

#endif /* FTPS_HOST_CONTROL_COMMANDS_H */
