/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * ccc.h: CCC, the control connection goes on in clear (RFC 2228, RFC 4217).
 *
 * Handler of the command table in mod_ftps.c; the core has
 * checked that somebody has logged in.  conn/ccc.h tells what happens on
 * the wire.
 *
 * Refused where TLSRequired asks for a protected control connection, and by
 * <Limit CCC>.  After it, data connections belong to the control connection as
 * before: its TLS session is kept, and they must resume it (mod_tls drops that
 * rule, so anybody could take over a data connection).  PROT may be changed;
 * AUTH is refused for the rest of the session.
 *
 * DIAGNOSTICS: replies are those of the contract, section 7; a refusal is
 * "refused: CCC: ..." in TLSLog.
 */
#ifndef FTPS_HOST_CONTROL_CCC_H
#define FTPS_HOST_CONTROL_CCC_H

#include "conf.h"

modret_t *ftps_ccc_command(cmd_rec *cmd);

#endif /* FTPS_HOST_CONTROL_CCC_H */
