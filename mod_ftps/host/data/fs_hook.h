/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * fs_hook.h: what every file-system hook of ours has besides its own callbacks.
 *
 * ProFTPD asks the topmost hook for stat and lstat when it resolves a path, and
 * asks the system when that one has none.  The hooks below would be skipped,
 * and names that only they know, such as the aliases of mod_vroot, would be
 * gone.
 */
#ifndef FTPS_HOST_DATA_FS_HOOK_H
#define FTPS_HOST_DATA_FS_HOOK_H

#include "conf.h"

/* Gives a hook a stat and an lstat that pass the question on to the next hook
 * down that has one.
 */
void ftps_fs_hook_pass_on(pr_fs_t *hook);

#endif /* FTPS_HOST_DATA_FS_HOOK_H */
