/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * later.c: preloaded into the daemon by t/55-keeper-faults.t.  As long as the
 * file that LATER_WHILE names is there, the clock that nobody sets is 40 days
 * ahead.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
  int (*real)(clockid_t, struct timespec *);
  const char *path = getenv("LATER_WHILE");
  int res;

  *(void **) &real = dlsym(RTLD_NEXT, "clock_gettime");
  res = real(clock, now);
  if (res == 0 && clock == CLOCK_MONOTONIC && path != NULL &&
      access(path, F_OK) == 0) {
    now->tv_sec += 40 * 86400;
  }
  return res;
}
