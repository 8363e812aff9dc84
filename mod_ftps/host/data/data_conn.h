/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * data_conn.h: sockets and connections of transfers, before their handshake and
 * when they are refused.
 */
#ifndef FTPS_HOST_DATA_DATA_CONN_H
#define FTPS_HOST_DATA_DATA_CONN_H

#include <stdbool.h>
#include <stddef.h>

struct ftps_conn;
struct ftps_conn_peer;
struct ftps_error;
struct ftps_session;

/* Small packets of a handshake must not wait; ProFTPD corks data sockets.
 * ftps_data_delay() is for its end: under TCPNoDelay off, packets may wait.
 */
void ftps_data_uncork(struct ftps_session *sess, int fd);
void ftps_data_delay(const struct ftps_session *sess, int fd);

/* Makes a data connection of this session on `fd`, before its handshake; `peer`
 * as in conn.h.  Returns NULL with `err` set on failure.
 */
struct ftps_conn *ftps_data_new_conn(struct ftps_session *sess, int fd,
    const struct ftps_conn_peer *peer, struct ftps_error *err);

/* Closes both descriptors of session.d, before ProFTPD would linger for the
 * client (TimeoutLinger).  `is_kept`: the socket is still read (linger.h).
 */
void ftps_data_close_sockets(bool is_kept);

/* True if another module transfers the data, as mod_proxy does.  It polls the
 * descriptor itself and closes it without a shutdown.  Transfers of ProFTPD
 * have a buffer of its own.
 */
bool ftps_data_is_of_module(void);

/* True if the handshake of this transfer may be left at FTPS_CONN_HALF. */
bool ftps_data_may_pause(const struct ftps_session *sess);

/* The end of a connection that was not accepted, or not used: counts it if its
 * handshake was one that only leads to a refusal, and has cost a signature.
 */
void ftps_data_count_refused(struct ftps_session *sess,
    const struct ftps_conn *conn);

/* How many bytes of a refused transfer are read and dropped. */
size_t ftps_data_count_dropped(int fd);

#endif /* FTPS_HOST_DATA_DATA_CONN_H */
