/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * fuzz.h: what a fuzz target is: one function that takes any bytes, and ends
 * the process by abort() or a sanitizer where the code under it is wrong.
 *
 * A target is linked either with clang's libFuzzer ("make fuzz") or with
 * run_corpus.c (every run of the tests).
 */
#ifndef FTPS_FUZZ_H
#define FTPS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* NDEBUG takes assert() away. */
#define CHECK(condition) \
  do { \
    if (!(condition)) { \
      abort(); \
    } \
  } while (0)

#endif /* FTPS_FUZZ_H */
