/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * pages.h: memory that is no part of the heap: whole pages of zeros.
 *
 * MAP_SHARED: all processes that are forked later write to the same pages.
 * MAP_PRIVATE: each has its own copy.  munmap() releases them, and the kernel
 * clears them before it uses them again.  All functions return NULL with errno
 * set if there is no memory.
 */
#ifndef FTPS_BASE_PAGES_H
#define FTPS_BASE_PAGES_H

#include <stddef.h>
#include <sys/mman.h>

static inline void *ftps_pages_map(size_t size, int sharing) {
  void *pages =
      mmap(NULL, size, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);

  return pages != MAP_FAILED ? pages : NULL;
}

/* What all processes may see. */
static inline void *ftps_pages_shared(size_t size) {
  return ftps_pages_map(size, MAP_SHARED);
}

/* For secrets: no core file has these pages. */
static inline void *ftps_pages_secret(size_t size, int sharing) {
  void *pages = ftps_pages_map(size, sharing);

  if (pages != NULL) {
    (void) madvise(pages, size, MADV_DONTDUMP);
  }

  return pages;
}

/* Private ones, which are not swapped out either if the system allows that: a
 * failure is ignored, because RLIMIT_MEMLOCK may be 0, and TLS works without.
 */
static inline void *ftps_pages_locked(size_t size) {
  void *pages = ftps_pages_secret(size, MAP_PRIVATE);

  if (pages != NULL) {
    (void) mlock(pages, size);
  }

  return pages;
}

#endif /* FTPS_BASE_PAGES_H */
