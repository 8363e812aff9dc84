/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * io.h: bytes through a connection: the hot path.
 *
 * host/netio.c calls it for every read and write.  It waits inside if the
 * socket is not ready: ProFTPD must get neither EAGAIN nor EINTR, because it
 * sleeps 0.2 s after each of them.
 *
 * DIAGNOSTICS: `err` is set for FTPS_IO_FAILED and FTPS_IO_UNFINISHED only.
 */
#ifndef FTPS_CONN_IO_H
#define FTPS_CONN_IO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "conn/conn.h"

enum ftps_io ftps_io_read(struct ftps_conn *conn, void *buf, size_t size,
    size_t *len_out, struct ftps_error *err);

/* Writes all of it, or does not return FTPS_IO_OK. */
enum ftps_io ftps_io_write(struct ftps_conn *conn, const void *buf, size_t len,
    struct ftps_error *err);

/* The same for a timer or a signal handler: never waits, and fails while
 * another write waits; then the connection is lost.
 */
enum ftps_io ftps_io_write_urgent(struct ftps_conn *conn, const void *buf,
    size_t len, struct ftps_error *err);

/* True if decrypted bytes wait inside the library, where poll() does not see
 * them.
 */
bool ftps_io_is_pending(const struct ftps_conn *conn);

/* True if the library has a record, or a part of one: what the socket has next
 * is the rest of it, or comes behind it.
 */
bool ftps_io_has_begun(const struct ftps_conn *conn);

/* True if the peer's close_notify has been read, also by ftps_io_peek(): poll()
 * does not see it any more.
 */
bool ftps_io_has_ended(const struct ftps_conn *conn);

/* Copies the next bytes, without waiting and without removing them; in clear on
 * a released connection.  Returns how many; 0 if there are none, and a read
 * returns the reason; or -1 if there are none, and a read would wait, because
 * only a part of a record, or a message of TLS itself, has arrived.
 */
int ftps_io_peek(struct ftps_conn *conn, void *buf, size_t size);

#endif /* FTPS_CONN_IO_H */
