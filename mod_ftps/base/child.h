/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * child.h: what child processes of a daemon need.
 *
 * Used by program.c, which executes programs and waits for them,
 * and by ocsp/ask.c, whose work goes on by itself while the daemon serves.
 *
 * Descriptors are kept above 2: in a daemon 0, 1 and 2 may be free, and what
 * is opened there would be in the way of the child's own.
 *
 * A detached child belongs to nobody: its parent, a child of the caller, has
 * ended by the time the call returns.  So no SIGCHLD comes when it ends, no
 * process id has to be kept, and the kernel ends it when its time is over.
 */
#ifndef FTPS_BASE_CHILD_H
#define FTPS_BASE_CHILD_H

#include "base/error.h"

/* Both ends above 2 and not inherited by programs; reading does not block.
 * On failure both are -1 or open, to be closed in any case.
 */
int ftps_child_open_pipe(int ends[2]);

/* -1 is not open. */
void ftps_child_close_pipe(const int ends[2]);

/* All signals at their defaults, none blocked. */
void ftps_child_reset_signals(void);

/* Real user and group become the effective ones, for good. */
int ftps_child_drop_ids(void);

/* Calls `work` in a detached child, with the writing end of a pipe; the caller
 * gets the reading end, or -1 and `err`.  The child has no other descriptor,
 * no rights but the effective ones, and `seconds` to live.
 */
int ftps_child_detach(void (*work)(const void *arg, int fd), const void *arg,
    unsigned int seconds, struct ftps_error *err);

#endif /* FTPS_BASE_CHILD_H */
