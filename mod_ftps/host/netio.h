/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * netio.h: ProFTPD's network streams over TLS connections.
 *
 * Layer: host.  Nothing but translation: stream -> connection, result -> errno.
 * A stream whose connection is gone, or never was, is read and written in
 * clear; that can only be a control stream before AUTH, or a data stream after
 * PROT C.
 */
#ifndef FTPS_HOST_NETIO_H
#define FTPS_HOST_NETIO_H

#include <stdbool.h>

struct ftps_conn;
struct ftps_session;

/* Puts our callbacks in place for control and data streams; again after other
 * modules may have taken them away.
 */
int ftps_netio_register(void);

/* After AUTH: from now on everything on the control streams is protected. */
void ftps_netio_attach_control(struct ftps_session *sess);

/* struct ftps_conn_hooks: signals, timers, aborted transfers. */
bool ftps_netio_interrupted(const struct ftps_conn *conn);

#endif /* FTPS_HOST_NETIO_H */
