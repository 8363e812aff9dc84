/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * as_client.h: data connections on which this end is the TLS client (SSCN).
 *
 * Called by conn.c and by host/data/data.c.  The other end is a server
 * like this one, and two things are different with those.
 *
 * In TLS 1.3 the client's handshake is over before the server has judged it;
 * an upload must not touch the file before the server has spoken.
 *
 * A server may send tickets on data connections.  Who only writes never reads
 * them, and closing with unread bytes resets the connection: the tail of the
 * file would be lost.  So the end of the connection is waited for.
 */
#ifndef FTPS_CONN_AS_CLIENT_H
#define FTPS_CONN_AS_CLIENT_H

#include "base/error.h"

struct ftps_conn;

/* Right after the handshake: a certificate must have been verified, which is
 * not so with anonymous ciphers.  0, or -1 and `err`.
 */
int ftps_client_check(struct ftps_conn *conn, struct ftps_error *err);

/* Waits for the first byte of the file, or for its end, `timeout` seconds at
 * most (0: no limit).  0, or -1 and `err`.
 */
int ftps_client_await(struct ftps_conn *conn, unsigned int timeout,
    struct ftps_error *err);

#endif /* FTPS_CONN_AS_CLIENT_H */
