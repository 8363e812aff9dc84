/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * notices.h: advice of the daemon to its administrator: things that work now,
 * and will cause trouble later or do not do what they seem to.
 *
 * events.c calls it when a configuration has been read, so at each start, with
 * "proftpd -t" and at SIGHUP; and every six hours, for the dates.  A line is
 * logged once: not again for the next virtual host with the same certificate,
 * and not at a SIGHUP that changes nothing about it.
 *
 * DIAGNOSTICS: one line each in the system log, with directive, value, what is
 * wrong and what to do.  Nothing here is a fault.
 */
#ifndef FTPS_HOST_DAEMON_NOTICES_H
#define FTPS_HOST_DAEMON_NOTICES_H

#include "conf.h"

struct ftps_daemon;
struct ftps_settings;

/* Call it once, first.  Returns 0, or -1 if there is no memory. */
int ftps_notices_init(struct ftps_daemon *daemon);

/* For a configuration: begin, each server, end (its contexts have been built).
 */
void ftps_notices_begin(void);
void ftps_notices_server(const struct ftps_settings *settings);
void ftps_notices_end(void);

/* Between begin and end: a server whose TLSRequired is not enforced. */
void ftps_notices_open_server(const server_rec *s);

/* From a timer of the daemon; may be called at any time. */
void ftps_notices_renew(void);

/* Writes all lines again, when the system log is open. */
void ftps_notices_repeat(void);

#endif /* FTPS_HOST_DAEMON_NOTICES_H */
