/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * heap.c: see heap.h.
 */
#include "host/daemon/heap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* MADV_COLLAPSE, which kernels have had for longer than C libraries.
 * MADV_HUGEPAGE would also give each session whole huge pages of its own.
 */
#define COLLAPSE 25

/* The kernel does not check this for this advice. */
static bool is_forbidden(void) {
  FILE *in = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
  char line[128];
  bool is_allowed = false;

  if (in != NULL) {
    is_allowed = fgets(line, sizeof(line), in) != NULL &&
        strstr(line, "[never]") == NULL;
    (void) fclose(in);
  }

  return !is_allowed;
}

static void gather_all(FILE *maps) {
  void *from, *to;
  char line[512];

  while (fgets(line, sizeof(line), maps) != NULL) {
    if (strstr(line, "[heap]") != NULL &&
        sscanf(line, "%p-%p", &from, &to) == 2) {
      (void) madvise(from, (size_t) ((char *) to - (char *) from), COLLAPSE);
    }
  }
}

void ftps_heap_gather(void) {
  int saved = errno;
  FILE *maps = is_forbidden() ? NULL : fopen("/proc/self/maps", "re");

  if (maps != NULL) {
    gather_all(maps);
    (void) fclose(maps);
  }
  errno = saved;
}
