/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * early.h: accepts a passive data connection, and begins its TLS handshake,
 * while ProFTPD waits for its command.
 *
 * Some clients make the handshake on the data connection before they send the
 * command, and wait for ever for a server that accepts after it.  So a client
 * that is connected, and has sent no command 50 ms later, is accepted.  With
 * TLSOptions EarlyDataHandshake it is accepted at once, which saves others the
 * round trips of the handshake; with NoEarlyDataHandshake never.
 *
 * ProFTPD accepts connections itself, and there is no way to pass one to it.
 * So, when the command comes, a private listener on the loopback interface,
 * with a waiting connection of our own, replaces its listener.  The connection
 * that it accepts there is replaced by the early connection before a byte is
 * read or written.  ProFTPD's check of the client's address is made here.
 *
 * The early connection belongs to the session, and there is at most one.  It
 * ends with the next PASV and similar commands, with any change of the
 * protection of data connections, and with the session.
 */
#ifndef FTPS_HOST_DATA_EARLY_H
#define FTPS_HOST_DATA_EARLY_H

#include <stdbool.h>

#include "conf.h"

struct ftps_conn;
struct ftps_early;
struct ftps_error;
struct ftps_session;

/* All members are zero. */
struct ftps_early *ftps_early_new(pool *p);

/* Waits for the next command on `fd`, `timeout` milliseconds at most, as poll()
 * does, and meanwhile serves the early connection, and those of linger.h.
 */
int ftps_early_wait(struct ftps_session *sess, int fd, int timeout);

/* PRE_CMD: before transfers the early connection is offered to ProFTPD; before
 * other data connections it is dropped.
 */
modret_t *ftps_early_pre_any(cmd_rec *cmd);

/* LOG_CMD, LOG_CMD_ERR. */
modret_t *ftps_early_log_any(cmd_rec *cmd);

/* If ProFTPD has just accepted the private connection: makes the early sockets
 * those of session.d, and returns the connection, which the caller owns.
 * Returns NULL if there is none. `err` is set if its handshake has failed.
 */
struct ftps_conn *ftps_early_take(struct ftps_session *sess,
    struct ftps_error *err);

void ftps_early_drop(struct ftps_session *sess);

#endif /* FTPS_HOST_DATA_EARLY_H */
