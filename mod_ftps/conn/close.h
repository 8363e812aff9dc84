/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * close.h: the end of a connection: close_notify, as far as the socket takes
 * it.
 */
#ifndef FTPS_CONN_CLOSE_H
#define FTPS_CONN_CLOSE_H

#include <stdbool.h>

struct ftps_conn;

/* The end of what is sent, while the client's Finished is awaited: as
 * ftps_conn_close(), but the connection is as it was.
 */
void ftps_conn_notify(struct ftps_conn *conn);

/* Sends close_notify if the handshake was finished and nothing fatal happened
 * since; does not wait for the peer's.  With `is_patient` it waits for room in
 * the send buffer: a client takes a missing one for a cut.
 */
void ftps_conn_close(struct ftps_conn *conn, bool is_patient);

#endif /* FTPS_CONN_CLOSE_H */
