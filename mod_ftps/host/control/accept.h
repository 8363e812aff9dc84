/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * accept.h: the TLS handshake on the control connection, and what follows from
 * it.
 */
#ifndef FTPS_HOST_CONTROL_ACCEPT_H
#define FTPS_HOST_CONTROL_ACCEPT_H

#include <stdbool.h>

#include "conf.h"

struct ftps_error;
struct ftps_session;

/* The handshake on the control connection, and what follows from it: notes,
 * environment, the move to the virtual host that SNI chose.  Returns 0, or -1
 * with `err` set; then the connection cannot be used any more, and
 * `*is_text_out` says whether the peer sent plain text instead of a handshake.
 */
int ftps_session_accept(struct ftps_session *sess, bool *is_text_out,
    struct ftps_error *err);

/* Pays for a handshake of a client that has not logged in (host/control/
 * budget.h).  Returns false if there must be none; then TLSLog has the reason,
 * and mod_ban has counted it.
 */
bool ftps_session_may_accept(struct ftps_session *sess);

/* After the control handshake, and after the login: unmaps the keys that are
 * not needed any more. `sess` may be NULL.
 */
void ftps_session_drop_keys(struct ftps_session *sess);

/* LOG_CMD, LOG_CMD_ERR: a session that has logged in gets back what it paid.
 * When a data connection has resumed the session, no data connection needs a
 * key any more, so the keys are dropped.
 */
modret_t *ftps_session_log_any(cmd_rec *cmd);

#endif /* FTPS_HOST_CONTROL_ACCEPT_H */
