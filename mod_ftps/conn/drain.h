/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * drain.h: reads what a client still sends after we have sent everything.
 *
 * If a socket is closed with unread bytes, or receives bytes later, the kernel
 * resets the connection, and the reset destroys bytes that are still on the way
 * to the client.  A client may send close_notify, an alert or a KeyUpdate
 * before it has read everything.  So the socket is read, and the bytes are
 * dropped, until the client has closed its end.
 */
#ifndef FTPS_CONN_DRAIN_H
#define FTPS_CONN_DRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ftps_conn;

/* How many bytes are dropped.  A client that has nothing to send but alerts and
 * answers to KeyUpdate needs no more.
 */
#define FTPS_DRAIN_MAX 65536

enum ftps_drain {
  FTPS_DRAIN_MORE,   /* the client has not closed yet */
  FTPS_DRAIN_CLOSED, /* it has closed; and it has acknowledged everything, or
                      * the time was over before that */
  FTPS_DRAIN_FLOOD,  /* it sends more than is dropped */
  FTPS_DRAIN_RESET   /* it has reset the connection before it had everything */
};

/* Reads once from the socket, which need not be ready.  *left: how many more
 * bytes are dropped.
 */
enum ftps_drain ftps_drain_read(int fd, size_t *left);

/* True if the client has not acknowledged everything that was sent, not
 * counting the end.
 */
bool ftps_drain_is_behind(int fd);

/* Sends our FIN after close_notify and reads until the client closes, until
 * `deadline` as in ftps_conn_wait(), or until the wait is given up.  The
 * descriptor stays non-blocking.
 */
enum ftps_drain ftps_drain_wait(struct ftps_conn *conn, uint64_t deadline);

#endif /* FTPS_CONN_DRAIN_H */
