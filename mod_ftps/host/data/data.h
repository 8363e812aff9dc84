/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * data.h: may this data connection carry the transfer?
 *
 * Called by netio.c when a data connection has been made, and
 * when it ends.
 */
#ifndef FTPS_HOST_DATA_DATA_H
#define FTPS_HOST_DATA_DATA_H

#include <stdbool.h>

#include "conn/io.h"

#include "conf.h"

struct ftps_conn;
struct ftps_conn_peer;
struct ftps_error;
struct ftps_session;

/* The handshake on session.d, and the proof that it belongs to the control
 * connection.  0 with sess->data set, or -1: the client has been told why, both
 * descriptors are closed, errno is EPERM.
 */
int ftps_data_accept(struct ftps_session *sess);

/* Small packets of a handshake must not wait: the core corks data sockets. */
void ftps_data_uncork(int fd);

/* A data connection of this session on `fd`, before its handshake; `peer` as in
 * conn.h.  NULL and `err`.
 */
struct ftps_conn *ftps_data_new_conn(struct ftps_session *sess, int fd,
    const struct ftps_conn_peer *peer, struct ftps_error *err);

/* Closes both descriptors of session.d, before the core would linger for the
 * client (TimeoutLinger).
 */
void ftps_data_close_sockets(void);

/* Is the command at hand an upload? */
bool ftps_data_is_upload(void);

/* Before the end of a data connection: if its handshake waits for the client
 * (DataWithHandshake), close_notify goes out and the handshake is finished.
 * -1: it failed, as below.
 */
int ftps_data_finish(struct ftps_session *sess, struct ftps_conn *conn);

/* The client's part of a handshake failed after data had been sent with ours:
 * tells why, and closes both descriptors.
 */
void ftps_data_tell_unfinished(struct ftps_session *sess,
    const struct ftps_conn *conn, const struct ftps_error *err);

/* POST_CMD of listings: the core says 226 whatever became of the end of the
 * connection, and NLST of writes.
 */
modret_t *ftps_data_post_listing(cmd_rec *cmd);

/* An upload ended without close_notify, as `end` tells (FTPS_IO_TRUNCATED or
 * FTPS_IO_CUT): TLSTruncation says whether that is FTPS_IO_EOF, or else it is
 * `end`.
 */
enum ftps_io ftps_data_judge_end(const struct ftps_session *sess,
    enum ftps_io end);

#endif /* FTPS_HOST_DATA_DATA_H */
