/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * data.h: decides whether a data connection may be used for the transfer.
 *
 * Called when a data connection has been made, and when it ends.
 */
#ifndef FTPS_HOST_DATA_DATA_H
#define FTPS_HOST_DATA_DATA_H

#include <stdbool.h>

#include "conn/io.h"

#include "conf.h"

struct ftps_conn;
struct ftps_conn_peer;
struct ftps_error;
struct ftps_session;

/* The handshake on session.d, and the proof that it belongs to the control
 * connection.  Returns 0 with sess->data set, or -1: then the reply has the
 * reason, both descriptors are closed, and errno is EPERM.
 */
int ftps_data_accept(struct ftps_session *sess);

#endif /* FTPS_HOST_DATA_DATA_H */
