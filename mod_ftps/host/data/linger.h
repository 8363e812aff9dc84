/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * linger.h: the end of a data connection, until the client has closed it.
 *
 * Layer: host.  ProFTPD waits TimeoutLinger at most for the client's FIN, and
 * stops as soon as the socket is readable, whatever has come.  Here it is
 * awaited in place of that wait, and what comes before it is thrown away
 * (conn/drain.h).
 *
 * With TLSOptions ReplyWhenSent the 226 does not wait: the socket is taken from
 * ProFTPD after close_notify and our FIN have gone to the kernel, and is kept
 * and read until the client has closed.  The same is done with a client that is
 * still reading when TimeoutLinger is over.
 *
 * Sockets are owned by the session, and few: while all places are taken the
 * client is awaited.  At the end of the session it is waited for the clients
 * of those that are left, with the control connection closed.
 *
 * Source: issue 5.
 */
#ifndef FTPS_HOST_DATA_LINGER_H
#define FTPS_HOST_DATA_LINGER_H

#include <poll.h>
#include <stdbool.h>

#include "conf.h"

#define FTPS_LINGER_MAX 8

struct ftps_conn;
struct ftps_linger;
struct ftps_session;

struct ftps_linger *ftps_linger_new(pool *p);

/* Ends a data connection that ftps_conn_close() has closed: `nstrm` has no
 * descriptor afterwards.  False: it is not the stream that ProFTPD is closing,
 * or not all has been said, and nothing has changed.
 */
bool ftps_linger_close(struct ftps_session *sess, struct ftps_conn *conn,
    pr_netio_stream_t *nstrm);

/* The same for a connection that others close without a shutdown, a module or a
 * refusal: the client is read behind their backs, if there is a place for it.
 * Returns whether it is; then the socket must not be shut down.
 */
bool ftps_linger_keep(struct ftps_session *sess, const struct ftps_conn *conn);

/* What to wait for: FTPS_LINGER_MAX places at most; how many. */
nfds_t ftps_linger_list(const struct ftps_linger *linger, struct pollfd *pfds);

/* After poll() of that list: reads what has come, closes what has ended. */
void ftps_linger_drain(struct ftps_linger *linger, const struct pollfd *pfds);

/* The end of the session. */
void ftps_linger_end(struct ftps_linger *linger);

#endif /* FTPS_HOST_DATA_LINGER_H */
