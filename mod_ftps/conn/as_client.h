/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * as_client.h: data connections on which this end is the TLS client (SSCN).
 *
 * The other end is a server like this one.  This makes two differences.
 *
 * In TLS 1.3 the client's handshake is over before the server has accepted it.
 * So an upload must not touch the file before the server has sent something.
 *
 * A server may send tickets on data connections.  A client that only writes
 * never reads them, and closing with unread bytes resets the connection: the
 * end of the file would be lost.  So we wait for the end of the connection.
 */
#ifndef FTPS_CONN_AS_CLIENT_H
#define FTPS_CONN_AS_CLIENT_H

#include "base/error.h"

struct ftps_conn;

/* Right after the handshake: checks that a certificate was verified, which is
 * not so with anonymous ciphers.  Returns 0, or -1 with `err` set.
 */
int ftps_client_check(struct ftps_conn *conn, struct ftps_error *err);

/* Waits for the first byte of the file, or for its end, `timeout` seconds at
 * most (0: no limit).  Returns 0, or -1 with `err` set.
 */
int ftps_client_await(struct ftps_conn *conn, unsigned int timeout,
    struct ftps_error *err);

#endif /* FTPS_CONN_AS_CLIENT_H */
