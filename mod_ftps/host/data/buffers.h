/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * buffers.h: how many bytes ProFTPD handles at a time.
 *
 * Used when a session starts, and by handlers of RETR in the command table of
 * mod_ftps.c.
 *
 * Downloads.  ProFTPD moves a file in pieces of tcp_sndbuf_len, 16 KiB unless
 * the kernel has another setting, with ten system calls for each.  A large file
 * under TLS gets larger pieces.  They cost memory, so the value is raised for
 * one command at a time, by the size of its file, and when the data connection
 * exists: ProFTPD has allocated and zeroed its first buffer by then, which we
 * replace by one that is large enough, and next allocates the one into which it
 * reads.  Only one of the large ones is touched (in_place.h).  If an
 * administrator has set SocketOptions sndbuf, that size stays.  Under
 * TransferRate pieces are small in both directions: ProFTPD pauses after each
 * piece, and then its timers and the client wait for all of the pause.
 *
 * Commands.  The buffer for lines of the control connection has tcp_rcvbuf_len
 * bytes, 128 KiB that are zeroed in every session, for commands of at most 4
 * KiB.
 */
#ifndef FTPS_HOST_DATA_BUFFERS_H
#define FTPS_HOST_DATA_BUFFERS_H

#include "conf.h"

struct ftps_session;

modret_t *ftps_buffers_pre_retr(cmd_rec *cmd);
modret_t *ftps_buffers_log_retr(cmd_rec *cmd);

/* Called when the data connection exists, and when it ends: the buffer into
 * which ProFTPD reads does not live as long as session.xfer.
 */
void ftps_buffers_begin(struct ftps_session *sess);
void ftps_buffers_end(struct ftps_session *sess);

/* How much one read may return, of at most `size` bytes. */
size_t ftps_buffers_limit(size_t size);

/* Before the first read of the control connection. */
void ftps_buffers_make_line(void);

#endif /* FTPS_HOST_DATA_BUFFERS_H */
