/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * early.h: TLSOptions EarlyDataHandshake: a passive data connection is
 * accepted, and its TLS handshake begun, while its command is awaited.
 *
 * Some clients shake hands on the data connection before they
 * send the command, and wait for ever with a server that accepts after it; for
 * the others it saves the round trips of the handshake.  A client that does not
 * begin early finds nothing changed.
 *
 * The host accepts connections itself, and can be given none.  So, when the
 * command comes, a private listener on the loopback, with a connection of our
 * own waiting at it, takes the place of its listener; what it accepts there is
 * exchanged for the early connection before a byte is read or written.  What
 * the host would have checked about the client's address is checked here.
 *
 * The early connection belongs to the session and is at most one.  It ends with
 * the next PASV and its kin, with whatever changes the protection of data
 * connections, and with the session.
 *
 * Source: issue 5.
 */
#ifndef FTPS_HOST_DATA_EARLY_H
#define FTPS_HOST_DATA_EARLY_H

#include <stdbool.h>

#include "conf.h"

struct ftps_conn;
struct ftps_early;
struct ftps_error;
struct ftps_session;

/* All zero. */
struct ftps_early *ftps_early_new(pool *p);

/* Waits for the next command on `fd`, `timeout` milliseconds at most, as poll()
 * does, and serves the early connection meanwhile, and those of linger.h.
 */
int ftps_early_wait(struct ftps_session *sess, int fd, int timeout);

/* PRE_CMD: before transfers, what was accepted is offered to the host; before
 * other data connections it is dropped.
 */
modret_t *ftps_early_pre_any(cmd_rec *cmd);

/* LOG_CMD, LOG_CMD_ERR. */
modret_t *ftps_early_log_any(cmd_rec *cmd);

/* Has the host just accepted it?  Then its sockets are those of session.d now,
 * and the result is the connection, which is the caller's; NULL: there is none.
 * `err` is set when its handshake has failed.
 */
struct ftps_conn *ftps_early_take(struct ftps_session *sess,
    struct ftps_error *err);

void ftps_early_drop(struct ftps_session *sess);

#endif /* FTPS_HOST_DATA_EARLY_H */
