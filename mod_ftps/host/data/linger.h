/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * linger.h: TLSOptions ReplyWhenSent: the 226 of a transfer does not wait for
 * the client's FIN.
 *
 * The host waits for it before it closes a data connection, so
 * that nothing is lost: one round trip per transfer, and TimeoutLinger for a
 * client that does not close.  Here the socket is taken from it instead, after
 * close_notify and our FIN have gone to the kernel, and is kept until the
 * client has closed, with what comes on it read and thrown away: a socket that
 * is closed with unread bytes, or gets some later, resets the connection and
 * takes what is in flight with it.
 *
 * Sockets are owned by the session, and few: while all places are taken the
 * host waits as ever.  At the end of the session it is waited for the clients
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

/* Takes the socket of a data connection that has been closed by
 * ftps_conn_close(), from its stream and from session.d.  False: it may not,
 * and nothing has changed.
 */
bool ftps_linger_take(struct ftps_session *sess, const struct ftps_conn *conn,
    pr_netio_stream_t *nstrm);

/* What to wait for: FTPS_LINGER_MAX places at most; how many. */
nfds_t ftps_linger_list(const struct ftps_linger *linger, struct pollfd *pfds);

/* After poll() of that list: reads what has come, closes what has ended. */
void ftps_linger_drain(struct ftps_linger *linger, const struct pollfd *pfds);

/* The end of the session. */
void ftps_linger_end(struct ftps_linger *linger);

#endif /* FTPS_HOST_DATA_LINGER_H */
