/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * run_corpus.c: main() of a fuzz target without a fuzzer.
 *
 * run_corpus FILE ...: gives the target each file, and changed copies of it,
 * ROUNDS in all: bytes flipped, cut off and repeated, the same ones at every
 * run.
 */
#include <stdio.h>
#include <string.h>

#include "t/fuzz/fuzz.h"

#define ROUNDS            1000
#define SIZE_MAX_OF_INPUT 65536

static uint32_t next_number(uint32_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

static size_t change(uint8_t *data, size_t size, uint32_t *state) {
  uint32_t changes = next_number(state) % 4;

  if (size > 0 && next_number(state) % 4 == 0) {
    size = next_number(state) % size;
  }
  if (size > 8 && size < SIZE_MAX_OF_INPUT / 2 && next_number(state) % 8 == 0) {
    memcpy(data + size, data, size);
    size *= 2;
  }
  for (uint32_t i = 0; i <= changes && size > 0; i++) {
    data[next_number(state) % size] = (uint8_t) next_number(state);
  }

  return size;
}

/* From the heap, in its exact size: a sanitizer sees the first byte too far. */
static void give(const uint8_t *data, size_t size) {
  uint8_t *copy = malloc(size > 0 ? size : 1);

  CHECK(copy != NULL);
  memcpy(copy, data, size);
  (void) LLVMFuzzerTestOneInput(copy, size);
  free(copy);
}

static int run_file(const char *path, int rounds) {
  static uint8_t data[SIZE_MAX_OF_INPUT], changed[SIZE_MAX_OF_INPUT];
  FILE *file = fopen(path, "rb");
  uint32_t state = 2463534242U;
  size_t size;

  if (file == NULL) {
    perror(path);
    return -1;
  }

  size = fread(data, 1, sizeof(data), file);
  (void) fclose(file);
  give(data, size);
  for (int i = 0; i < rounds; i++) {
    memcpy(changed, data, size);
    give(changed, change(changed, size, &state));
  }

  return 0;
}

int main(int argc, char **argv) {
  int res = 0;

  for (int i = 1; i < argc; i++) {
    if (run_file(argv[i], ROUNDS / (argc - 1)) < 0) {
      res = 1;
    }
  }

  return res;
}
