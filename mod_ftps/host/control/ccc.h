/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ccc.h: CCC, the control connection goes on in clear (RFC 2228, RFC 4217).
 *
 * Handler of the command table in mod_ftps.c.  ProFTPD has checked that the
 * client has logged in. conn/ccc.h says what happens on the wire.
 *
 * CCC is refused if TLSRequired requires a protected control connection, and by
 * <Limit CCC>.  After it anybody on the network path can write commands into
 * the control connection, so they must not weaken anything: PROT C, SSCN ON and
 * AUTH are refused for the rest of the session, and SSCN is OFF.
 *
 * The control connection's TLS session is kept, and data connections may resume
 * it as before.  Many clients cannot, after they have closed the TLS
 * connection.  So a data connection from the client's address may make a full
 * handshake, as with mod_tls, unless TLSOptions SessionReuseRequiredAfterCCC is
 * set.  This needs the private key: ftps_session_drop_keys() keeps it if CCC
 * may follow.
 *
 * DIAGNOSTICS: replies: see doc/contract.md, CCC.  A refusal is "refused: CCC:
 * ..." in TLSLog.
 */
#ifndef FTPS_HOST_CONTROL_CCC_H
#define FTPS_HOST_CONTROL_CCC_H

#include "conf.h"

modret_t *ftps_ccc_command(cmd_rec *cmd);

#endif /* FTPS_HOST_CONTROL_CCC_H */
