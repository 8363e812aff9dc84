/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * counts_fuzz.c: the counters (counts/counts.h, counts/clients.h), to which
 * every session can write.  The input is what one that was taken over wrote
 * there.
 *
 * Whatever it is, each row has its own name, of harmless characters, and other
 * sessions go on counting.
 */
#include "counts/clients.h"
#include "counts/counts.h"

#include <stdbool.h>
#include <string.h>

#include "t/fuzz/fuzz.h"

/* Neither block is smaller than what is written there. */
#define COUNTS_SIZE  2048U
#define CLIENTS_SIZE 4096U

static void use_counts(struct ftps_counts *counts, const uint8_t *data) {
  struct ftps_counts_handshake handshake = { .suite = data[0],
    .group = data[1] };
  unsigned int id = 0;
  uint64_t n = 0, before;

  before = ftps_counts_handshakes(counts, &handshake);
  ftps_counts_add_handshake(counts, &handshake);
  CHECK(ftps_counts_handshakes(counts, &handshake) == before + 1);
  for (size_t row = 0; row < FTPS_COUNTS_ROWS; row++) {
    (void) ftps_counts_row(counts, FTPS_COUNTS_SUITES, row, &id, &n);
    (void) ftps_counts_row(counts, FTPS_COUNTS_GROUPS, row, &id, &n);
  }
}

static bool is_harmless(const char *print) {
  return strcmp(print, "other") == 0 ||
      (strlen(print) == FTPS_PRINT_SIZE - 1 &&
          strspn(print,
              "0123456789abcdefghijklmnopqrstuvwxyz"
              "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == FTPS_PRINT_SIZE - 1);
}

static void use_clients(struct ftps_clients *clients, const uint8_t *data) {
  struct ftps_clients_row rows[FTPS_CLIENTS_ROWS];
  const struct ftps_print print = { { 1, data[0], data[1] } };
  size_t n = 0;

  ftps_clients_add(clients, data[2], &print, FTPS_CLIENTS_SESSION);
  for (size_t row = 0; row < FTPS_CLIENTS_ROWS; row++) {
    if (!ftps_clients_row(clients, row, &rows[n])) {
      continue;
    }

    CHECK(is_harmless(rows[n].print) && strlen(rows[n].software) < 32);
    for (size_t i = 0; i < n; i++) {
      CHECK(strcmp(rows[i].print, rows[n].print) != 0 ||
          strcmp(rows[i].software, rows[n].software) != 0);
    }
    n++;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct ftps_counts *counts;
  static struct ftps_clients *clients;

  if (counts == NULL) {
    counts = ftps_counts_new();
    clients = ftps_clients_new();
    CHECK(counts != NULL && clients != NULL);
  }
  if (size < 3) {
    return 0;
  }

  memset(counts, 0, COUNTS_SIZE);
  memset(clients, 0, CLIENTS_SIZE);
  memcpy(counts, data, size < COUNTS_SIZE ? size : COUNTS_SIZE);
  memcpy(clients, data, size < CLIENTS_SIZE ? size : CLIENTS_SIZE);
  use_counts(counts, data);
  use_clients(clients, data);
  return 0;
}
