/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * clock.h: time that only goes forward.
 *
 * Functions whose logic depends on time take it as an argument; their callers
 * get it here.
 */
#ifndef FTPS_BASE_CLOCK_H
#define FTPS_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t ftps_clock_ms(void) {
  struct timespec ts;

  (void) clock_gettime(CLOCK_MONOTONIC, &ts);
  return (uint64_t) ts.tv_sec * 1000 + (uint64_t) ts.tv_nsec / 1000000;
}

static inline uint64_t ftps_clock_us(void) {
  struct timespec ts;

  (void) clock_gettime(CLOCK_MONOTONIC, &ts);
  return (uint64_t) ts.tv_sec * 1000000 + (uint64_t) ts.tv_nsec / 1000;
}

static inline void ftps_clock_pause(unsigned int ms) {
  const struct timespec pause = { .tv_sec = ms / 1000,
    .tv_nsec = ms % 1000 * 1000000L };

  (void) nanosleep(&pause, NULL);
}

#endif /* FTPS_BASE_CLOCK_H */
