/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * lockdown.h: takes away from a process what it does not need.
 *
 * For the processes that have private keys.  A step that the kernel or a
 * container does not allow is skipped: keys in a process of their own are still
 * better than keys in sessions.
 */
#ifndef FTPS_KEYS_SIGNER_LOCKDOWN_H
#define FTPS_KEYS_SIGNER_LOCKDOWN_H

#include <stdbool.h>
#include <stddef.h>

/* Closes all descriptors except these (ascending, above 2); 0 to 2 become
 * /dev/null.
 */
void ftps_lockdown_descriptors(const int *kept, size_t n);

/* A user of its own, no groups, no capabilities, no core dump, no debugger, no
 * new privileges by programs.  With `needs_files` it stays root, which may open
 * all files and do nothing else.
 */
void ftps_lockdown_privileges(bool needs_files);

/* From now on the process can only do what signing needs: memory, random bytes,
 * and the descriptors that are open or arrive.  Other system calls fail with
 * EPERM.
 */
void ftps_lockdown_calls(void);

#endif /* FTPS_KEYS_SIGNER_LOCKDOWN_H */
