/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * close.h: the end of a connection: sends close_notify, if the socket accepts
 * it, and if what was sent is all.
 */
#ifndef FTPS_CONN_CLOSE_H
#define FTPS_CONN_CLOSE_H

#include <stdbool.h>

struct ftps_conn;

/* The end of our data while we wait for the client's Finished: as
 * ftps_conn_close(), but the state of the connection does not change.
 */
void ftps_conn_notify(struct ftps_conn *conn);

/* Sends close_notify if the handshake was finished and no fatal error happened
 * after it; does not wait for the peer's.  With `is_patient` it waits for room
 * in the send buffer: a client takes a missing close_notify for a cut.
 */
void ftps_conn_close(struct ftps_conn *conn, bool is_patient);

/* Ends it without close_notify, because what was sent is not all. */
void ftps_conn_cut(struct ftps_conn *conn);

#endif /* FTPS_CONN_CLOSE_H */
