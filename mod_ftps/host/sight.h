/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * sight.h: what an administrator sees of a finished handshake: the line in
 * TLSLog, and the counts.
 */
#ifndef FTPS_HOST_SIGHT_H
#define FTPS_HOST_SIGHT_H

struct ftps_conn;

/* `fmt` is the line. */
void ftps_sight_handshake(const struct ftps_conn *conn, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* FTPS_HOST_SIGHT_H */
