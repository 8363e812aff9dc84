/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * child.h: functions for child processes of a daemon.
 *
 * program.c executes programs and waits for them. ocsp/ask.c starts work that
 * goes on by itself while the daemon serves.
 *
 * Descriptors are kept above 2 (fds.h), where they are not in the way of the
 * child's own.
 *
 * A detached child has no parent that waits: its parent, a child of the caller,
 * has ended when the call returns.  So there is no SIGCHLD when it ends, nobody
 * has to keep its process id, and the kernel ends it when its time is over.
 */
#ifndef FTPS_BASE_CHILD_H
#define FTPS_BASE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* Both ends are above 2 and not inherited by programs; reading does not block.
 * On failure an end is -1 or open; the caller closes both in any case.
 */
int ftps_child_open_pipe(int ends[2]);

/* An end of -1 is not open. */
void ftps_child_close_pipe(const int ends[2]);

/* Sets all signals to their defaults; none is blocked. */
void ftps_child_reset_signals(void);

/* The real user and group become the effective ones, for good. */
int ftps_child_drop_ids(void);

/* Waits for the end of a child.  Returns true if it has not failed. */
bool ftps_child_wait(pid_t pid);

/* As fork(), but the child is detached, and SIGCHLD is blocked in it.  Returns
 * 0 in the child, and 1 in the caller; or -1 with errno set.
 */
int ftps_child_fork(void);

/* Calls `work` in a detached child, with the writing end of a pipe.  Returns
 * the reading end, or -1 with `err` set.  The child has no other descriptor,
 * only its effective rights, and `seconds` to live.
 */
int ftps_child_detach(void (*work)(const void *arg, int fd), const void *arg,
    unsigned int seconds, struct ftps_error *err);

#endif /* FTPS_BASE_CHILD_H */
