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

/* Not so large that it is a mapping of its own. */
#define EDGE_SIZE (100U * 1024)

/* Pieces of these sizes fill all but a few large holes. */
#define PIECE_MIN  24U
#define PIECE_MAX  3072U
#define PIECE_STEP 16U /* the C library's alignment */

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

/* All pieces of this size that lie below the edge.  Returns their bytes. */
static size_t fill_holes(struct ftps_daemon *daemon, size_t size,
    const char *edge, size_t most) {
  struct piece *piece;
  size_t bytes = 0;

  while (bytes < most && (piece = malloc(size)) != NULL) {
    if ((const char *) piece >= edge) {
      free(piece);
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

/* A block at the end of the heap, or in the hole that the last one has left:
 * otherwise the edge, and with it the heap, would move on at each restart.
 */
static bool is_edge(const struct ftps_daemon *daemon, const char *block) {
  return block + EDGE_SIZE >= (const char *) sbrk(0) - FTPS_HEAP_TOP() ||
      (daemon->heap_edge != NULL && block >= daemon->heap_edge);
}

static char *take_edge(struct ftps_daemon *daemon) {
  struct piece *passed = NULL, *block;

  while ((block = malloc(EDGE_SIZE)) != NULL &&
      !is_edge(daemon, (const char *) block)) {
    block->next = passed;
    passed = block;
  }

  free_pieces(passed);
  daemon->heap_edge = (char *) block;
  return (char *) block;
}

void ftps_heap_fill(struct ftps_daemon *daemon) {
  char *edge = FTPS_HEAP_TOP() > 0 ? take_edge(daemon) : NULL;
  size_t left = FILLING_MAX;

  if (edge != NULL) {
    for (size_t size = PIECE_MIN; size <= PIECE_MAX; size += PIECE_STEP) {
      left -= fill_holes(daemon, size, edge, left);
    }
  }
  free(edge);
}

void ftps_heap_free_filling(struct ftps_daemon *daemon) {
  free_pieces(daemon->filling);
  daemon->filling = NULL;
}
