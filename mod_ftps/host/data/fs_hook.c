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
  while (fs->fs_next != NULL && fs->stat == NULL) {
    fs = fs->fs_next;
  }

  return (fs->stat)(fs, path, st);
}

static int pass_lstat(pr_fs_t *fs, const char *path, struct stat *st) {
  fs = fs->fs_next;
  while (fs->fs_next != NULL && fs->lstat == NULL) {
    fs = fs->fs_next;
  }

  return (fs->lstat)(fs, path, st);
}

void ftps_fs_hook_pass_on(pr_fs_t *hook) {
  hook->stat = pass_stat;
  hook->lstat = pass_lstat;
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
