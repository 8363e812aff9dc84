/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * sendfile.h: decides whether ProFTPD may send a file with sendfile()
 * (TLSOptions KernelTLS).
 *
 * mod_xfer uses sendfile() on the bare socket if it believes that data
 * connections are in clear.  This is right if the kernel makes the TLS records
 * of this socket; otherwise the file would be sent in clear.  So mod_xfer gets
 * "clear" only when a data connection was accepted whose records the kernel
 * makes, and "private" when that connection ends, and again before the next one
 * is accepted.
 */
#ifndef FTPS_HOST_DATA_SENDFILE_H
#define FTPS_HOST_DATA_SENDFILE_H

#include <stdbool.h>

struct ftps_conn;
struct ftps_session;
struct ftps_settings;

/* In the daemon, for each server: tests once whether the kernel can do it, and
 * logs it if it cannot.
 */
void ftps_sendfile_prepare(const struct ftps_settings *settings);

/* True if ftps_sendfile_prepare() found kernel TLS. */
bool ftps_sendfile_is_possible(void);

/* For a data connection that has just been accepted. */
void ftps_sendfile_allow(struct ftps_session *sess,
    const struct ftps_conn *conn);

/* Does nothing if it is not allowed. */
void ftps_sendfile_forbid(struct ftps_session *sess);

#endif /* FTPS_HOST_DATA_SENDFILE_H */
