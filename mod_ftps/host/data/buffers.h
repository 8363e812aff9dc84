/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * buffers.h: how much the core handles at a time.
 *
 * Called by session.c when a session starts, and as handlers of
 * RETR by the command table of mod_ftps.c.
 *
 * Downloads.  The core moves a file in pieces of tcp_sndbuf_len, 16 KiB unless
 * the kernel was told otherwise, with ten system calls for each.  A large file
 * under TLS gets larger pieces.  They are not free: two buffers of that size
 * belong to a transfer, one of them zeroed.  So the value is raised for one
 * command at a time, by the size of its file, and before the core has
 * made its buffer: raised later, it would let the core write behind the end.
 * Where an administrator set SocketOptions sndbuf, that size stays.
 *
 * Commands.  The buffer for lines of the control connection is as large as
 * tcp_rcvbuf_len, 128 KiB and zeroed in every session, for commands of at most
 * 4 KiB.
 */
#ifndef FTPS_HOST_DATA_BUFFERS_H
#define FTPS_HOST_DATA_BUFFERS_H

#include "conf.h"

struct ftps_session;

modret_t *ftps_buffers_pre_retr(cmd_rec *cmd);
modret_t *ftps_buffers_log_retr(cmd_rec *cmd);

/* When the data connection is there: ProFTPD has allocated its own buffer, with
 * room (placing.h), and allocates the one that it reads into next.
 */
void ftps_buffers_begin(const struct ftps_session *sess);

/* Before the first read of the control connection. */
void ftps_buffers_make_line(void);

#endif /* FTPS_HOST_DATA_BUFFERS_H */
