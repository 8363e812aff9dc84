/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * counts.c: see counts.h.
 *
 * Made once and never unmapped: sessions count in it also after a reload.
 */
#include "counts/counts.h"

#include <stdatomic.h>

#include "base/pages.h"

/* A row belongs to the first id that takes it: no row is ever given back. */
struct row {
  _Atomic uint32_t taken; /* 1 + id; 0: free */
  _Atomic uint64_t n;
};

struct ftps_counts {
  _Atomic uint64_t numbers[FTPS_COUNTS_NUMBERS];
  _Atomic uint64_t
      handshakes[FTPS_COUNTS_CHANNELS][FTPS_COUNTS_VERSIONS][FTPS_RESUMED_WAYS];
  _Atomic uint64_t refusals[FTPS_REFUSAL_COUNT];
  struct row tables[FTPS_COUNTS_TABLES][FTPS_COUNTS_ROWS];
};

struct ftps_counts *ftps_counts_new(void) {
  return ftps_pages_shared(sizeof(struct ftps_counts));
}

static void add(_Atomic uint64_t *count, uint64_t n) {
  (void) atomic_fetch_add_explicit(count, n, memory_order_relaxed);
}

static uint64_t get(const _Atomic uint64_t *count) {
  return atomic_load_explicit(count, memory_order_relaxed);
}

void ftps_counts_add(struct ftps_counts *counts, enum ftps_counts_number number,
    uint64_t n) {
  if (counts != NULL) {
    add(&counts->numbers[number], n);
  }
}

uint64_t ftps_counts_get(const struct ftps_counts *counts,
    enum ftps_counts_number number) {
  return counts != NULL ? get(&counts->numbers[number]) : 0;
}

const char *ftps_counts_name_resumed(enum ftps_resumed resumed) {
  static const char *const names[] = { "none", "ticket", "login", "id",
    "external" };

  return names[resumed < FTPS_RESUMED_WAYS ? resumed : FTPS_RESUMED_NOT];
}

enum ftps_counts_version ftps_counts_version_of(int version) {
  return version >= 0x0300 && version <= 0x0304
      ? (enum ftps_counts_version)(FTPS_COUNTS_SSLV3 + (version - 0x0300))
      : FTPS_COUNTS_OTHER_VERSION;
}

/* The row of the id, or the last one. */
static struct row *find_row(struct row *rows, uint32_t taken) {
  size_t i;

  for (i = 0; i < FTPS_COUNTS_ROWS - 1; i++) {
    uint32_t found = 0;

    if (atomic_load(&rows[i].taken) == taken ||
        atomic_compare_exchange_strong(&rows[i].taken, &found, taken) ||
        found == taken) {
      break;
    }
  }

  return &rows[i];
}

void ftps_counts_add_handshake(struct ftps_counts *counts,
    const struct ftps_counts_handshake *handshake) {
  if (counts == NULL) {
    return;
  }

  add(&counts->handshakes[handshake->channel][handshake->version]
                         [handshake->resumed],
      1);
  add(&find_row(counts->tables[FTPS_COUNTS_SUITES], handshake->suite + 1)->n,
      1);
  if (handshake->group != 0) {
    add(&find_row(counts->tables[FTPS_COUNTS_GROUPS], handshake->group + 1)->n,
        1);
  }
}

uint64_t ftps_counts_handshakes(const struct ftps_counts *counts,
    const struct ftps_counts_handshake *handshake) {
  return counts != NULL
      ? get(&counts->handshakes[handshake->channel][handshake->version]
                               [handshake->resumed])
      : 0;
}

void ftps_counts_add_refusal(struct ftps_counts *counts,
    enum ftps_refusal refusal) {
  if (counts != NULL && refusal < FTPS_REFUSAL_COUNT) {
    add(&counts->refusals[refusal], 1);
  }
}

uint64_t ftps_counts_refusals(const struct ftps_counts *counts,
    enum ftps_refusal refusal) {
  return counts != NULL && refusal < FTPS_REFUSAL_COUNT
      ? get(&counts->refusals[refusal])
      : 0;
}

bool ftps_counts_row(const struct ftps_counts *counts,
    enum ftps_counts_table table, size_t row, unsigned int *id_out,
    uint64_t *n_out) {
  const struct row *found;

  if (counts == NULL || row >= FTPS_COUNTS_ROWS) {
    return false;
  }

  found = &counts->tables[table][row];
  *id_out = atomic_load(&found->taken) - 1;
  *n_out = get(&found->n);
  return *n_out > 0;
}
