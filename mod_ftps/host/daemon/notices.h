/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * notices.h: what the daemon tells its administrator unasked: things that work,
 * and will bite later or do not do what they seem to.
 *
 * Called by events.c when a configuration has been read, so at
 * each start, under "proftpd -t" and at SIGHUP; and every day, for the dates.
 * A line is told once: not again for the next virtual host with the same
 * certificate, and not at a SIGHUP that changes nothing about it.
 *
 * DIAGNOSTICS: one line each in the system log, with directive, value, what is
 * wrong and what to do; nothing here is a fault.
 *
 * Source: issue 3.
 */
#ifndef FTPS_HOST_DAEMON_NOTICES_H
#define FTPS_HOST_DAEMON_NOTICES_H

#include "conf.h"

struct ftps_daemon;
struct ftps_settings;

/* Once, first.  Returns 0, or -1 without memory. */
int ftps_notices_init(struct ftps_daemon *daemon);

/* A configuration: begin, each server, end (its contexts have been built). */
void ftps_notices_begin(void);
void ftps_notices_server(const struct ftps_settings *settings);
void ftps_notices_end(void);

/* Between begin and end: a server whose TLSRequired nobody enforces. */
void ftps_notices_open_server(const server_rec *s);

/* From a timer of the daemon, as often as one likes. */
void ftps_notices_daily(void);

/* Writes all that was told once more, when the system log is open. */
void ftps_notices_repeat(void);

#endif /* FTPS_HOST_DAEMON_NOTICES_H */
