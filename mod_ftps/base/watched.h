/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * watched.h: a socket for a reader that polls the descriptor itself.
 *
 * ProFTPD calls our poll callback to find out whether there is something to
 * read.  A module that calls select() or poll() on the descriptor does not, and
 * would wait for ever for bytes that the library has read already: a
 * close_notify after the last record, or records that did not fit into the
 * module's buffer.  So this BIO leaves the last byte that it has read in the
 * socket, and removes it when the library has nothing left to return.  The
 * descriptor is readable as long as a read would find something.
 */
#ifndef FTPS_BASE_WATCHED_H
#define FTPS_BASE_WATCHED_H

#include <openssl/ssl.h>

struct ftps_watched;

/* Before the handshake: makes `ssl` use such a BIO for the socket `fd`.
 * Returns NULL if there is no memory.
 */
struct ftps_watched *ftps_watched_new(SSL *ssl, int fd);

/* After each handshake and read that did not fail: the module must also read a
 * failure and the end.
 */
void ftps_watched_settle(struct ftps_watched *watched, const SSL *ssl);

/* Before the socket is closed: an unread byte would reset the connection. */
void ftps_watched_release(struct ftps_watched *watched);

/* After the SSL object has been freed.  NULL is allowed. */
void ftps_watched_free(struct ftps_watched *watched);

#endif /* FTPS_BASE_WATCHED_H */
