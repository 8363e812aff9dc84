/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * io.h: bytes through a connection: the hot path.
 *
 * Called by host/netio.c for every read and write.  Waits inside
 * when the socket is not ready: neither EAGAIN nor EINTR may reach the host's
 * core, which answers each with a sleep of 0.2 s.
 *
 * DIAGNOSTICS: `err` is filled for FTPS_IO_FAILED and FTPS_IO_UNFINISHED only.
 */
#ifndef FTPS_CONN_IO_H
#define FTPS_CONN_IO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "conn/conn.h"

enum ftps_io ftps_io_read(struct ftps_conn *conn, void *buf, size_t size,
    size_t *len_out, struct ftps_error *err);

/* All of it, or not FTPS_IO_OK. */
enum ftps_io ftps_io_write(struct ftps_conn *conn, const void *buf, size_t len,
    struct ftps_error *err);

/* The same, out of a timer or a signal handler: never waits, and fails while
 * another write waits; the connection is lost then.
 */
enum ftps_io ftps_io_write_urgent(struct ftps_conn *conn, const void *buf,
    size_t len, struct ftps_error *err);

/* Decrypted bytes wait inside the library, where poll() does not see them. */
bool ftps_io_is_pending(const struct ftps_conn *conn);

/* The next bytes, without waiting and without taking them: how many.  Those in
 * clear on a released connection.  0: there are none, and a read says why; -1:
 * there are none, and a read would wait, for what has come is a part of a
 * record or a message of TLS itself.
 */
int ftps_io_peek(struct ftps_conn *conn, void *buf, size_t size);

#endif /* FTPS_CONN_IO_H */
