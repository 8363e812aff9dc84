/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * wake.h: a session makes the daemon check files at once.
 *
 * A session that finds renewed files uses them, and later sessions inherit what
 * the daemon has.  If the files are spoiled before the daemon has checked them,
 * the good pair in between is lost.  So the first session that finds changed
 * files sets a flag that the daemon shares with it, and ends the daemon's wait
 * by SIGCHLD, which ProFTPD takes for the end of a child.
 *
 * A session can write only the flag.  The daemon decides how often it checks.
 */
#ifndef FTPS_BASE_WAKE_H
#define FTPS_BASE_WAKE_H

#include <stdbool.h>

struct ftps_daemon;

enum ftps_wake {
  FTPS_WAKE_NOBODY, /* there is no daemon (inetd) */
  FTPS_WAKE_FIRST,  /* this session has made the request */
  FTPS_WAKE_AGAIN   /* another session has made it already */
};

/* In the daemon, when its process id will not change any more. */
void ftps_wake_start(struct ftps_daemon *daemon);

/* In a session, as long as its real user is the daemon's. */
enum ftps_wake ftps_wake_ask(const struct ftps_daemon *daemon);

/* True if this process is the daemon. */
bool ftps_wake_is_daemon(const struct ftps_daemon *daemon);

/* In the daemon: true if there was a request since the last call. */
bool ftps_wake_take(const struct ftps_daemon *daemon);

#endif /* FTPS_BASE_WAKE_H */
