/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * uses.h: which certificates of names sessions use, in memory that all of them
 * share.
 *
 * The daemon gives a place to each certificate that it has loaded; sessions
 * note there when they have used it.  If all places are taken, the one that was
 * used longest ago is given away.  A session whose certificate has lost its
 * place knows that the daemon has forgotten the key.
 *
 * Every session can write it: numbers only.  Wrong ones make the daemon forget
 * a certificate too early or too late, and read it again.
 */
#ifndef FTPS_NAMED_USES_H
#define FTPS_NAMED_USES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many certificates of names the daemon has at a time. */
#define FTPS_USES_MAX 1024

/* How long one that nobody uses is kept. */
#define FTPS_USES_IDLE_SECONDS 3600U

struct ftps_uses;

/* Where one is; all zero: nowhere. */
struct ftps_use_place {
  uint32_t index, serial;
};

/* Returns NULL if there is no memory. */
struct ftps_uses *ftps_uses_new(void);
void ftps_uses_free(struct ftps_uses *uses);

/* In the daemon: gives a place; the one who had it has lost it.  Times are
 * seconds of ftps_clock_ms().
 */
void ftps_uses_give(struct ftps_uses *uses, uint32_t now,
    struct ftps_use_place *place_out);
void ftps_uses_take_back(struct ftps_uses *uses,
    const struct ftps_use_place *place);

/* True if it has its place. */
bool ftps_uses_has(const struct ftps_uses *uses,
    const struct ftps_use_place *place);

/* True if nobody has used it for a long time. */
bool ftps_uses_is_idle(const struct ftps_uses *uses,
    const struct ftps_use_place *place, uint32_t now);

void ftps_uses_note(struct ftps_uses *uses, const struct ftps_use_place *place,
    uint32_t now);

#endif /* FTPS_NAMED_USES_H */
