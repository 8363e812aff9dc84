/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * handshake.h: the handshake of a connection, with a deadline.
 *
 * Called by host/session.c (control), host/data/data.c and host/data/early.c
 * (data), and by io.c for one that was left at FTPS_CONN_HALF: our Finished
 * has been sent, and what follows it need not wait for the client's (RFC 8446,
 * section 4.4.4).
 *
 * DIAGNOSTICS: functions return 0 or -1 and fill the caller's ftps_error; the
 * state of a connection whose handshake failed is FTPS_CONN_DEAD.
 */
#ifndef FTPS_CONN_HANDSHAKE_H
#define FTPS_CONN_HANDSHAKE_H

#include "base/error.h"

struct ftps_conn;

/* The handshake, as server or as client, bounded by `timeout` seconds (0: not).
 * With `may_pause` a TLS 1.3 handshake that resumes a session is left at
 * FTPS_CONN_HALF: ftps_io_write() can send then what leaves with our flight.
 */
int ftps_handshake_run(struct ftps_conn *conn, unsigned int timeout,
    struct ftps_error *err);

/* The rest of a handshake that was left at FTPS_CONN_HALF, within the same
 * time.
 */
int ftps_handshake_finish(struct ftps_conn *conn, struct ftps_error *err);

/* As much of a handshake as is possible without waiting, as server, on a
 * descriptor that does not block: 1 finished, 0 the peer has to say more, -1
 * and `err`.  ftps_handshake_run() goes on where this has stopped.
 */
int ftps_handshake_try(struct ftps_conn *conn, struct ftps_error *err);

#endif /* FTPS_CONN_HANDSHAKE_H */
