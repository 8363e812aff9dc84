/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * handshake.h: the handshake of a connection, with a deadline.
 *
 * host/ runs it for control and data connections. io.c finishes one that was
 * left at FTPS_CONN_HALF: our Finished has been sent, and the data after it
 * need not wait for the client's Finished (RFC 8446, section 4.4.4).
 *
 * DIAGNOSTICS: functions return 0, or -1 with the caller's ftps_error set.  A
 * connection whose handshake failed is FTPS_CONN_DEAD.
 */
#ifndef FTPS_CONN_HANDSHAKE_H
#define FTPS_CONN_HANDSHAKE_H

#include "base/error.h"

struct ftps_conn;

/* The handshake, as server or as client, for `timeout` seconds at most (0: no
 * limit).  With `may_pause` of struct ftps_conn_props a TLS 1.3 handshake that
 * resumes a session is left at FTPS_CONN_HALF: then ftps_io_write() can send
 * data together with our flight.
 */
int ftps_handshake_run(struct ftps_conn *conn, unsigned int timeout,
    struct ftps_error *err);

/* The rest of a handshake that was left at FTPS_CONN_HALF, within the same
 * time.
 */
int ftps_handshake_finish(struct ftps_conn *conn, struct ftps_error *err);

/* The part of a handshake that is possible without waiting, as server, on a
 * non-blocking descriptor.  Returns 1 if it is complete, 0 if the peer has to
 * send more, or -1 with `err` set. ftps_handshake_run() continues from here.
 */
int ftps_handshake_try(struct ftps_conn *conn, struct ftps_error *err);

#endif /* FTPS_CONN_HANDSHAKE_H */
