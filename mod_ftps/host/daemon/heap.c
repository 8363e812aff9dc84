/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * heap.c: see heap.h.
 */
#include "host/daemon/heap.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/daemon.h"

/* MADV_COLLAPSE, which kernels have had for longer than C libraries.
 * MADV_HUGEPAGE would also give each session whole huge pages of its own.
 */
#define COLLAPSE 25

/* Sizes of the pieces.  They halve down to PIECE_KEPT, from which on the C
 * library keeps up to 7 freed blocks of each size as they are.  Large pieces
 * come first: if small ones filled a large hole, those that are kept would cut
 * it up, and the next large block would not fit any more.  PIECE_MAX is less
 * than what the C library maps by itself.
 */
#define PIECE_MIN  24U
#define PIECE_KEPT 1032U
#define PIECE_MAX  (PIECE_KEPT << 6)
#define PIECE_STEP 16U   /* the C library's alignment */
#define LARGE      4096U /* is not kept by its size */

#define FILLING_MAX (64U * 1024 * 1024)

struct piece {
  struct piece *next;
};

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

/* What came from the free end of the heap goes back to it.  A small block would
 * stay in the C library's list of blocks of its size, and end the free part.
 */
static void give_back(void *piece, size_t size) {
  void *large = realloc(piece, size > LARGE ? size : LARGE);

  if (large != NULL) {
    free(large);
  } else {
    free(piece);
  }
}

/* All pieces of this size that lie below the free end. */
static size_t fill_holes(struct ftps_daemon *daemon, size_t size,
    const char *end, size_t most) {
  struct piece *piece;
  size_t bytes = 0;

  while (bytes + size <= most && (piece = malloc(size)) != NULL) {
    if ((const char *) piece >= end) {
      give_back(piece, size);
      break;
    }
    piece->next = daemon->filling;
    daemon->filling = piece;
    bytes += size;
  }

  return bytes;
}

static void free_pieces(struct piece *piece) {
  while (piece != NULL) {
    struct piece *next = piece->next;

    free(piece);
    piece = next;
  }
}

void ftps_heap_fill(struct ftps_daemon *daemon) {
  size_t left = FILLING_MAX, top;
  const char *end;

  if (daemon->filling != NULL || (top = FTPS_HEAP_TOP()) == 0) {
    return;
  }

  end = (const char *) sbrk(0) - top;
  for (size_t size = PIECE_MAX; size >= PIECE_MIN;
       size = size > PIECE_KEPT ? size / 2 : size - PIECE_STEP) {
    left -= fill_holes(daemon, size, end, left);
  }
}

void ftps_heap_free_filling(struct ftps_daemon *daemon) {
  free_pieces(daemon->filling);
  daemon->filling = NULL;
}
