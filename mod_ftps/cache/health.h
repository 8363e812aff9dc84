/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * health.h: what all processes together know of a cache: how often it was
 * called, and since when it does not answer.
 *
 * Times are arguments, in milliseconds of ftps_clock_ms(), which is one clock
 * for all processes.
 *
 * The numbers are in one page to which every session can write, so a session
 * that was taken over can write anything.  So the page has only numbers for
 * people, and a back-off, which is not trusted beyond its usual length.
 */
#ifndef FTPS_CACHE_HEALTH_H
#define FTPS_CACHE_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FTPS_HEALTH_BACK_OFF_MS 5000U
#define FTPS_HEALTH_CACHES      4U

enum ftps_health_kind {
  FTPS_HEALTH_HIT,
  FTPS_HEALTH_MISS,
  FTPS_HEALTH_STORE,
  FTPS_HEALTH_ERROR,
  FTPS_HEALTH_UNREADABLE,
  FTPS_HEALTH_KINDS
};

struct ftps_health;

/* Makes the page, in the daemon before it forks.  Returns NULL with errno set
 * on failure.
 */
struct ftps_health *ftps_health_new(void);

/* If `health` is NULL, all of these do nothing, and calls are allowed. */
void ftps_health_count(struct ftps_health *health, size_t cache,
    enum ftps_health_kind kind);
uint64_t ftps_health_get(const struct ftps_health *health, size_t cache,
    enum ftps_health_kind kind);

/* True if the cache may be called now.  When a back-off is over, one of the
 * processes may call it; the others may when it has got an answer.
 */
bool ftps_health_may_ask(struct ftps_health *health, size_t cache,
    uint64_t now);

/* Records the result of a call that began at `asked`. */
void ftps_health_answered(struct ftps_health *health, size_t cache,
    uint64_t now);
void ftps_health_failed(struct ftps_health *health, size_t cache,
    uint64_t asked, uint64_t now);

bool ftps_health_is_failing(const struct ftps_health *health, size_t cache);

/* The sum of all times without an answer, up to now. */
uint64_t ftps_health_failing_ms(const struct ftps_health *health, size_t cache,
    uint64_t now);

#endif /* FTPS_CACHE_HEALTH_H */
