/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * retry.h: when the daemon tries again what has failed.
 *
 * The daemon accepts nobody meanwhile.  So after work that took long, because a
 * program hangs or a process does not answer, it tries nothing again for some
 * times as long.  Files that change are not concerned.
 */
#ifndef FTPS_BASE_RETRY_H
#define FTPS_BASE_RETRY_H

#include "base/clock.h"

#define FTPS_RETRY_LONG_MS 1000U
#define FTPS_RETRY_FACTOR  10U
#define FTPS_RETRY_MOST_MS (15U * 60 * 1000)

/* All times as ftps_clock_ms().  Returns when to try again, after work that has
 * begun at `start`; `before`: what this returned after the work before.
 */
static inline uint64_t ftps_retry_at(uint64_t before, uint64_t start) {
  uint64_t now = ftps_clock_ms(), at = before > now ? before : now;

  if (now - start < FTPS_RETRY_LONG_MS) {
    return before;
  }

  at += (now - start) * FTPS_RETRY_FACTOR;
  return at < now + FTPS_RETRY_MOST_MS ? at : now + FTPS_RETRY_MOST_MS;
}

#endif /* FTPS_BASE_RETRY_H */
