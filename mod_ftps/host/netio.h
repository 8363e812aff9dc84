/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * netio.h: ProFTPD's network streams over TLS connections.
 *
 * It only translates: stream to connection, result to errno.  A stream without
 * a connection is read and written in clear; this can only be a control stream
 * before AUTH or after CCC, or a data stream after PROT C.
 */
#ifndef FTPS_HOST_NETIO_H
#define FTPS_HOST_NETIO_H

#include <stdbool.h>

struct ftps_conn;
struct ftps_session;

/* Binds the control streams to a connection.  Before its handshake is complete,
 * and after it has failed, they carry nothing: what ProFTPD or another module
 * sends then is lost, and never sent in clear.  NULL: clear again, for the one
 * reply that may be sent to a client without TLS.
 */
void ftps_netio_bind_control(struct ftps_conn *conn);

/* Sets our callbacks for control and data streams, also if other modules have
 * removed them meanwhile.  Returns -1 if the session must not go on.
 */
int ftps_netio_ensure(void);

/* struct ftps_conn_hooks: signals, timers, aborted transfers. */
void ftps_netio_handle_signals(void);
bool ftps_netio_interrupted(const struct ftps_conn *conn);

#endif /* FTPS_HOST_NETIO_H */
