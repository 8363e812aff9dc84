/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * sendfile.h: may the core send a file past us (TLSOptions KernelTLS)?
 *
 * mod_xfer uses sendfile() on the bare socket as long as it
 * believes that data connections are in clear.  That is right where the kernel
 * makes the TLS records of this very socket, and sends the file in clear
 * anywhere else.  So mod_xfer is told "clear" only when a data connection has
 * been accepted whose records are made by the kernel, and "private" again when
 * that connection ends, and once more before the next one is accepted.
 *
 * Source: issue 5.
 */
#ifndef FTPS_HOST_DATA_SENDFILE_H
#define FTPS_HOST_DATA_SENDFILE_H

#include <stdbool.h>

struct ftps_conn;
struct ftps_session;
struct ftps_settings;

/* In the daemon, for each server: asks the kernel whether it can, once, and
 * says so when it cannot.
 */
void ftps_sendfile_prepare(const struct ftps_settings *settings);

/* True if ftps_sendfile_prepare() found kernel TLS. */
bool ftps_sendfile_is_possible(void);

/* For a data connection that has just been accepted. */
void ftps_sendfile_allow(struct ftps_session *sess,
    const struct ftps_conn *conn);

/* Harmless when it is not allowed. */
void ftps_sendfile_forbid(struct ftps_session *sess);

#endif /* FTPS_HOST_DATA_SENDFILE_H */
