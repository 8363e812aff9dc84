/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * ccc.h: CCC, the control connection goes on in clear (RFC 2228, RFC 4217).
 *
 * Handler of the command table in mod_ftps.c; the core has
 * checked that somebody has logged in.  conn/ccc.h tells what happens on
 * the wire.
 *
 * CCC is refused where TLSRequired asks for a protected control connection, and
 * by <Limit CCC>.  After it, anybody on the way can write commands into the
 * control connection, so nothing may be weakened by them: PROT C, SSCN ON and
 * AUTH are refused for the rest of the session, and SSCN is OFF.
 *
 * The control connection's TLS session is kept, and data connections may resume
 * it as before.  Many clients cannot, once they have closed the TLS connection.
 * So a data connection from the client's address may do a full handshake, as
 * with mod_tls, unless TLSOptions SessionReuseRequiredAfterCCC is set.  This
 * needs the private key: ftps_session_drop_keys() keeps it where CCC may come.
 *
 * DIAGNOSTICS: replies are those of the contract, section 7; a refusal is
 * "refused: CCC: ..." in TLSLog.
 */
#ifndef FTPS_HOST_CONTROL_CCC_H
#define FTPS_HOST_CONTROL_CCC_H

#include "conf.h"

modret_t *ftps_ccc_command(cmd_rec *cmd);

#endif /* FTPS_HOST_CONTROL_CCC_H */
