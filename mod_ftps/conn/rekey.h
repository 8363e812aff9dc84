/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * rekey.h: new keys for connections that live long (TLSRenegotiate), by the
 * KeyUpdate of TLS 1.3 (RFC 8446, 4.6.3).  Connections of TLS 1.2 and older go
 * on with their keys: renegotiation is switched off.
 *
 * Started by conn.c after a handshake, asked by io.c before each
 * write of a connection that has a limit; others pay for one test of a flag.
 *
 * Control connections: by time, with the demand that the client renews its keys
 * as well.  Data connections: by bytes sent, without that demand; the client's
 * answer would stay unread at the end of a download, and unread bytes make the
 * kernel send a reset, which can cost the tail of the file.  For the same
 * reason nothing is ever written on the data connection of an upload: there it
 * is for the client to renew its keys.
 *
 * DIAGNOSTICS: none; a KeyUpdate that is not possible now is tried again at the
 * next write.
 */
#ifndef FTPS_CONN_REKEY_H
#define FTPS_CONN_REKEY_H

#include <stddef.h>

struct ftps_conn;

/* After the handshake. */
void ftps_rekey_start(struct ftps_conn *conn);

/* `len` bytes are to be written.  Only where conn->rekey.is_on. */
void ftps_rekey_before_write(struct ftps_conn *conn, size_t len);

#endif /* FTPS_CONN_REKEY_H */
