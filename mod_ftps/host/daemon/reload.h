/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * reload.h: "ftpdctl tls reload" checks all files now, as the timer does every
 * 15 seconds, and tells what has changed.
 */
#ifndef FTPS_HOST_DAEMON_RELOAD_H
#define FTPS_HOST_DAEMON_RELOAD_H

struct ftps_daemon;

/* Calls `say` for each line of the answer. */
void ftps_reload(struct ftps_daemon *daemon,
    void (*say)(void *arg, const char *line), void *arg);

#endif /* FTPS_HOST_DAEMON_RELOAD_H */
