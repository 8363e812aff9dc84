/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * modeless.c: preloaded into the daemon by t/52-faults.t.  What lies below the
 * folder that MODELESS_PATH names is on a file system of the type that
 * MODELESS_TYPE names, in hexadecimal digits.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

int statfs(const char *path, struct statfs *fs) {
  const char *folder = getenv("MODELESS_PATH"), *type = getenv("MODELESS_TYPE");
  int (*real)(const char *, struct statfs *);
  int res;

  *(void **) &real = dlsym(RTLD_NEXT, "statfs");
  res = real(path, fs);
  if (res == 0 && folder != NULL && type != NULL &&
      strncmp(path, folder, strlen(folder)) == 0) {
    fs->f_type = strtoul(type, NULL, 16);
  }
  return res;
}
