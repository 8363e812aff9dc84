/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * effective.h: what the servers effectively accept, as text, for "proftpd -t"
 * and "ftpdctl tls info".
 *
 * It counts what the directives, openssl.cnf and the library leave together.
 * Servers that accept the same are told together.
 */
#ifndef FTPS_HOST_DAEMON_EFFECTIVE_H
#define FTPS_HOST_DAEMON_EFFECTIVE_H

struct ftps_daemon;

/* Calls `say` for each line. */
void ftps_effective_tell(const struct ftps_daemon *daemon,
    void (*say)(void *arg, const char *line), void *arg);

#endif /* FTPS_HOST_DAEMON_EFFECTIVE_H */
