/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * nofork.c: preloaded into the daemon by t/54-faulty-restarts.t.  fork() fails
 * as long as the file that NOFORK_WHILE names is there.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

pid_t fork(void) {
  pid_t (*real)(void);
  const char *path = getenv("NOFORK_WHILE");

  if (path != NULL && access(path, F_OK) == 0) {
    errno = EAGAIN;
    return -1;
  }

  *(void **) &real = dlsym(RTLD_NEXT, "fork");
  return real();
}
