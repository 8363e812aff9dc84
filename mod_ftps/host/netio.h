/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * netio.h: ProFTPD's network streams over TLS connections.
 *
 * Nothing but translation: stream -> connection, result -> errno.
 * A stream whose connection is gone, or never was, is read and written in
 * clear; that can only be a control stream before AUTH or after CCC, or a data
 * stream after PROT C.
 */
#ifndef FTPS_HOST_NETIO_H
#define FTPS_HOST_NETIO_H

#include <stdbool.h>

struct ftps_conn;
struct ftps_session;

/* Binds the control streams to a connection.  Before its handshake is done, and
 * after it has failed, they carry nothing: what the core or another module
 * sends then is lost, never clear.  NULL: clear again, for the one reply that
 * may go out to a client that speaks no TLS.
 */
void ftps_netio_bind_control(struct ftps_conn *conn);

/* Puts our callbacks in place for control and data streams, also where other
 * modules have taken them away meanwhile.  -1: do not go on.
 */
int ftps_netio_ensure(void);

/* struct ftps_conn_hooks: signals, timers, aborted transfers. */
void ftps_netio_handle_signals(void);
bool ftps_netio_interrupted(const struct ftps_conn *conn);

#endif /* FTPS_HOST_NETIO_H */
