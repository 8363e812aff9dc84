/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * retry.h: when the daemon tries again what has failed.
 *
 * The daemon accepts nobody meanwhile.  So after work that took long, because a
 * program hangs or a process does not answer, it tries nothing again for some
 * times as long; and twice as long as the time before, if that was no better.
 * Files that change are not concerned.
 */
#ifndef FTPS_BASE_RETRY_H
#define FTPS_BASE_RETRY_H

#include <stdbool.h>

#include "base/clock.h"

#define FTPS_RETRY_LONG_MS 1000U
#define FTPS_RETRY_FACTOR  10U
#define FTPS_RETRY_MOST_MS (15U * 60 * 1000)

/* In ms; all zero: at once. */
struct ftps_retry {
  uint64_t at;  /* as ftps_clock_ms() */
  uint64_t gap; /* between the last try and that time */
};

static inline bool ftps_retry_is_due(const struct ftps_retry *retry) {
  return ftps_clock_ms() >= retry->at;
}

/* After work that has begun at `start`. */
static inline void ftps_retry_note(struct ftps_retry *retry, uint64_t start) {
  uint64_t now = ftps_clock_ms(), gap = (now - start) * FTPS_RETRY_FACTOR;

  if (now - start < FTPS_RETRY_LONG_MS) {
    retry->gap = 0;
    return;
  }

  gap = gap > 2 * retry->gap ? gap : 2 * retry->gap;
  retry->gap = gap < FTPS_RETRY_MOST_MS ? gap : FTPS_RETRY_MOST_MS;
  retry->at = now + retry->gap;
}

#endif /* FTPS_BASE_RETRY_H */
