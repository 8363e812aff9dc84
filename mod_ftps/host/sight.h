/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * sight.h: what an administrator sees of a finished handshake: the line in
 * TLSLog, and the counts; and of the client's software.
 */
#ifndef FTPS_HOST_SIGHT_H
#define FTPS_HOST_SIGHT_H

#include "counts/clients.h"

#include "conf.h"

struct ftps_conn;
struct ftps_session;

/* `fmt` is the line. */
void ftps_sight_handshake(const struct ftps_conn *conn, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* LOG_CMD, LOG_CMD_ERR: notes the first commands. */
modret_t *ftps_sight_log_any(cmd_rec *cmd);

/* A data connection of this client: whether it resumed the session. */
void ftps_sight_data(struct ftps_session *sess, enum ftps_clients_event event);

/* At the end of the session, at the latest: counts its software. */
void ftps_sight_session(struct ftps_session *sess);

#endif /* FTPS_HOST_SIGHT_H */
