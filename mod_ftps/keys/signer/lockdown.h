/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * lockdown.h: takes from a process what it does not need.
 *
 * For the processes that keep private keys.  What the kernel or a container
 * does not allow is left out: keys in a process of their own are better than
 * keys in sessions in any case.
 */
#ifndef FTPS_KEYS_SIGNER_LOCKDOWN_H
#define FTPS_KEYS_SIGNER_LOCKDOWN_H

#include <stddef.h>

/* Closes all descriptors but these (ascending, above 2); 0 to 2 become
 * /dev/null.
 */
void ftps_lockdown_descriptors(const int *kept, size_t n);

/* A user of its own, no groups, no capabilities, no core dump, no debugger, no
 * new privileges by programs.
 */
void ftps_lockdown_privileges(void);

/* From now on only what signing needs: memory, random bytes, and the
 * descriptors that are open or arrive.  Other system calls fail with EPERM.
 */
void ftps_lockdown_calls(void);

#endif /* FTPS_KEYS_SIGNER_LOCKDOWN_H */
