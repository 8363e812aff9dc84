/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * fs_hook.c: see fs_hook.h.
 */
#include "host/data/fs_hook.h"

#include <string.h>

static int pass_stat(pr_fs_t *fs, const char *path, struct stat *st) {
  fs = fs->fs_next;
  FTPS_FS_SKIP_TO(fs, stat);
  return (fs->stat)(fs, path, st);
}

static int pass_lstat(pr_fs_t *fs, const char *path, struct stat *st) {
  fs = fs->fs_next;
  FTPS_FS_SKIP_TO(fs, lstat);
  return (fs->lstat)(fs, path, st);
}

pr_fs_t *ftps_fs_hook_put(const char *name, size_t size) {
  pr_fs_t *fs = pr_register_fs(session.pool, name, "/");

  if (fs != NULL) {
    fs->fs_data = pcalloc(fs->fs_pool, size);
    fs->stat = pass_stat;
    fs->lstat = pass_lstat;

    /* For names without a path ProFTPD remembers the hook of its directory. */
    (void) pr_fs_setcwd(pr_fs_getcwd());
  }

  return fs;
}

void *ftps_fs_hook_find(const pr_fs_t *fs, const char *name) {
  size_t length = strlen(name);

  for (; fs != NULL; fs = fs->fs_next) {
    const char *own = fs->fs_name != NULL ? fs->fs_name : "";

    if (strncmp(own, name, length) == 0 &&
        (own[length] == '\0' || own[length] == '+')) {
      return fs->fs_data;
    }
  }

  return NULL;
}

void *ftps_fs_hook_find_top(const char *name) {
  return ftps_fs_hook_find(pr_get_fs("/", NULL), name);
}
