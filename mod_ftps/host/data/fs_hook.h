/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * fs_hook.h: callbacks that every file-system hook of ours needs.
 *
 * When ProFTPD resolves a path, it calls stat and lstat of the topmost hook,
 * and those of the system if that hook has none.  The hooks below would be
 * skipped, and names that only they know, such as the aliases of mod_vroot,
 * would not be found.
 */
#ifndef FTPS_HOST_DATA_FS_HOOK_H
#define FTPS_HOST_DATA_FS_HOOK_H

#include "conf.h"

/* Gives a hook a stat and an lstat that call the next hook below that has one.
 */
void ftps_fs_hook_pass_on(pr_fs_t *hook);

/* Returns what the hook of this name has as fs_data, or NULL; `fs` is it or a
 * hook above it.  A callback does not tell whose hook it is: since ProFTPD
 * 1.3.9 a hook that is put on top of others begins with their callbacks, and
 * has their names after its own, "ftps-clear+ftps-uploads+system".
 */
void *ftps_fs_hook_find(const pr_fs_t *fs, const char *name);

#endif /* FTPS_HOST_DATA_FS_HOOK_H */
