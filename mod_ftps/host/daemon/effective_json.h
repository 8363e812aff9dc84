/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * effective_json.h: what effective.h tells, as JSON: one object on each line,
 * which ends before its 960th byte.
 *
 * Each server has a line with its names, then one for each certificate and for
 * each list of words.  A list that does not fit is on several lines.
 */
#ifndef FTPS_HOST_DAEMON_EFFECTIVE_JSON_H
#define FTPS_HOST_DAEMON_EFFECTIVE_JSON_H

struct ftps_daemon;

/* Calls `say` for each line. */
void ftps_effective_json(const struct ftps_daemon *daemon,
    void (*say)(void *arg, const char *line), void *arg);

#endif /* FTPS_HOST_DAEMON_EFFECTIVE_JSON_H */
