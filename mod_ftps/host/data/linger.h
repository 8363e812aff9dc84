/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * linger.h: the end of a data connection, until the client has closed it.
 *
 * ProFTPD waits TimeoutLinger at most for the client's FIN, and stops as soon
 * as the socket is readable, for any reason.  This replaces its wait: it waits
 * for the FIN, and drops the bytes before it (conn/drain.h).
 *
 * With TLSOptions ReplyWhenSent the 226 does not wait: when close_notify and
 * our FIN are in the kernel, the socket is taken from ProFTPD, and is kept and
 * read until the client has closed.  The same is done if a client is still
 * reading when TimeoutLinger is over.
 *
 * A refused upload ends after its reply, and when the client has stopped
 * sending: some clients give everything up, and read no reply, if the data
 * connection ends while they are sending.
 *
 * The session owns the sockets, and their number is limited: if all places are
 * taken, we wait for the client.  At session end we wait for the remaining
 * clients to close; the control connection is closed then.
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

/* Ends a data connection that ftps_conn_close() has closed; after this `nstrm`
 * has no descriptor.  Returns false if it is not the stream that ProFTPD is
 * closing, or if not everything was sent; then nothing has changed.
 */
bool ftps_linger_close(struct ftps_session *sess, struct ftps_conn *conn,
    pr_netio_stream_t *nstrm);

/* The same for a connection that others close without a shutdown, a module or a
 * refusal: the socket is read without them, if there is a place for it, and
 * `max` bytes at most are dropped.  Returns whether there is; then the socket
 * must not be shut down.
 */
bool ftps_linger_keep(struct ftps_session *sess, const struct ftps_conn *conn,
    size_t max);

/* The same for a refused upload, which others close as well.  It takes `conn`
 * over.  Returns false if it cannot, and then nothing has changed.
 */
bool ftps_linger_end_later(struct ftps_session *sess, struct ftps_conn *conn,
    size_t max);

/* How long to wait, in milliseconds, instead of `timeout`. */
int ftps_linger_limit(const struct ftps_linger *linger, int timeout);

/* After a wait in which nothing has arrived.  Returns whether something was to
 * be done, so that the wait can go on.
 */
bool ftps_linger_end_now(struct ftps_linger *linger);

/* Lists what to wait for: FTPS_LINGER_MAX places at most.  Returns how many. */
nfds_t ftps_linger_list(const struct ftps_linger *linger, struct pollfd *pfds);

/* After poll() of that list: reads what has arrived, closes what has ended. */
void ftps_linger_drain(struct ftps_linger *linger, const struct pollfd *pfds);

/* The end of the session. */
void ftps_linger_end(struct ftps_linger *linger);

#endif /* FTPS_HOST_DATA_LINGER_H */
