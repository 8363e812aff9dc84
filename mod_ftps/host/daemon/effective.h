/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * effective.h: what the servers effectively accept, for "proftpd -t" and
 * "ftpdctl tls info".
 *
 * It counts what the directives, openssl.cnf and the library leave together.
 */
#ifndef FTPS_HOST_DAEMON_EFFECTIVE_H
#define FTPS_HOST_DAEMON_EFFECTIVE_H

struct ftps_daemon;

/* As text: calls `say` for each line.  Servers that accept the same are told
 * together.
 */
void ftps_effective_tell(const struct ftps_daemon *daemon,
    void (*say)(void *arg, const char *line), void *arg);

/* As JSON: calls `say` for each line, which is one object and ends before its
 * 960th byte.  Each server has a line with its names, then one for each
 * certificate and for each list of words.  A list that does not fit is on
 * several lines.
 */
void ftps_effective_json(const struct ftps_daemon *daemon,
    void (*say)(void *arg, const char *line), void *arg);

#endif /* FTPS_HOST_DAEMON_EFFECTIVE_H */
