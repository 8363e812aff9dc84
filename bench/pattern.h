/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * pattern.h: what the files hold that the load client moves.
 *
 * A period that is no power of two, so bytes that are lost, doubled or moved
 * are seen.  ftps_pattern_fill() comes first.
 */
#ifndef FTPS_BENCH_PATTERN_H
#define FTPS_BENCH_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void ftps_pattern_fill(void);

/* What of it stands at `offset` in one piece, at most `want`. */
size_t ftps_pattern_piece(uint64_t offset, size_t want,
    const unsigned char **at_out);

bool ftps_pattern_equals(const unsigned char *bytes, size_t len,
    uint64_t offset);

/* Writes a file of `size` bytes, or compares it.  0, or -1 and a line on
 * stderr.
 */
int ftps_pattern_make(const char *path, uint64_t size);
int ftps_pattern_check(const char *path, uint64_t size);

#endif
