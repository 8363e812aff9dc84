/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * rekey.h: new keys for long-lived connections (TLSRenegotiate), by the
 * KeyUpdate of TLS 1.3 (RFC 8446, 4.6.3).  Connections of TLS 1.2 and older
 * keep their keys: renegotiation is switched off.
 *
 * conn.c starts it after a handshake. io.c calls it before each write of a
 * connection that has a limit; for other connections it only tests a flag.
 *
 * Control connections get new keys by time, and the client must renew its keys
 * as well.  Data connections get them by bytes sent, and the client need not:
 * its answer would be unread at the end of a download, unread bytes make the
 * kernel send a reset, and the end of the file could be lost.  For the same
 * reason nothing is ever written on the data connection of an upload: there the
 * client decides.
 *
 * DIAGNOSTICS: none; if a KeyUpdate is not possible now, it is tried again at
 * the next write.
 */
#ifndef FTPS_CONN_REKEY_H
#define FTPS_CONN_REKEY_H

#include <stddef.h>

struct ftps_conn;

/* After the handshake. */
void ftps_rekey_start(struct ftps_conn *conn);

/* `len` bytes will be written.  Only if conn->own->rekey.is_on. */
void ftps_rekey_before_write(struct ftps_conn *conn, size_t len);

#endif /* FTPS_CONN_REKEY_H */
