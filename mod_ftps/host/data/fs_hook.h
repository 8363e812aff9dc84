/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * fs_hook.h: what every file-system hook of ours needs.
 */
#ifndef FTPS_HOST_DATA_FS_HOOK_H
#define FTPS_HOST_DATA_FS_HOOK_H

#include "conf.h"

/* Makes `fs` the next hook, from itself downwards, that has this callback.  The
 * system's own hook, at the end of the list, has all of them.
 */
#define FTPS_FS_SKIP_TO(fs, callback) \
  while ((fs)->fs_next != NULL && (fs)->callback == NULL) { \
    (fs) = (fs)->fs_next; \
  }

/* Puts a hook for "/" above all others, for the rest of the session.  It has no
 * callbacks yet but stat and lstat, which call the next hook below: when
 * ProFTPD resolves a path, it calls those of the topmost hook, and those of the
 * system if that hook has none.  The hooks below would be skipped, and names
 * that only they know, such as the aliases of mod_vroot, would not be found.
 *
 * Its fs_data is `size` bytes of zeros.  Returns NULL with errno set if it
 * fails.
 */
pr_fs_t *ftps_fs_hook_put(const char *name, size_t size);

/* Returns what the hook of this name has as fs_data, or NULL; `fs` is it or a
 * hook above it.  A callback does not tell whose hook it is: since ProFTPD
 * 1.3.9 a hook that is put on top of others begins with their callbacks, and
 * has their names after its own, "ftps-clear+ftps-uploads+system".
 */
void *ftps_fs_hook_find(const pr_fs_t *fs, const char *name);

/* The same, from the topmost hook. */
void *ftps_fs_hook_find_top(const char *name);

#endif /* FTPS_HOST_DATA_FS_HOOK_H */
