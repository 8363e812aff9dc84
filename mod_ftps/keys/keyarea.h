/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * keyarea.h: the pages that hold the numbers of private keys.
 *
 * An area is made when keys are loaded and belongs to the key
 * pairs that have a slot in it, by reference count; the last one unmaps it.
 * Its memory is private to the process, kept out of core dumps, locked where
 * the system allows it, and read-only once sealed.
 *
 * A session drops the slots that it cannot need: from then on get0 returns
 * NULL for them, in that process.
 */
#ifndef FTPS_KEYS_KEYAREA_H
#define FTPS_KEYS_KEYAREA_H

#include <stddef.h>

#include "base/error.h"

struct ftps_daemon;
struct ftps_keyarea;

/* Room for `n` keys; one reference.  NULL and `err` without memory. */
struct ftps_keyarea *ftps_keyarea_new(struct ftps_daemon *daemon, size_t n,
    struct ftps_error *err);
struct ftps_keyarea *ftps_keyarea_ref(struct ftps_keyarea *area);
void ftps_keyarea_unref(struct ftps_keyarea *area);

struct ftps_daemon *ftps_keyarea_daemon(const struct ftps_keyarea *area);

/* One slot more, sealed, for keys that come one by one: of `*open`, which is
 * replaced when it is full (NULL: none yet) and is the caller's.  Returns a
 * reference to the slot's area.  Each area is a mapping, which every fork
 * copies, so there are not to be many.
 */
struct ftps_keyarea *ftps_keyarea_add(struct ftps_daemon *daemon,
    struct ftps_keyarea **open, const unsigned char *numbers, size_t *slot_out,
    struct ftps_error *err);

/* Unmaps a slot that nobody uses any more. */
void ftps_keyarea_drop(struct ftps_keyarea *area, size_t slot);

/* Copies FTPS_KEYNUMBERS_SIZE bytes into a slot; before the seal only. */
void ftps_keyarea_put(struct ftps_keyarea *area, size_t slot,
    const unsigned char *numbers);
int ftps_keyarea_seal(struct ftps_keyarea *area, struct ftps_error *err);

/* Locks do not survive fork: once more in the process that goes on. */
void ftps_keyarea_lock(struct ftps_keyarea *area, size_t slot);

const unsigned char *ftps_keyarea_get0(const struct ftps_keyarea *area,
    size_t slot);

/* Marks a slot as needed in this process; drop_unmarked unmaps all others, of
 * all areas, and takes the marks away.
 */
void ftps_keyarea_mark(struct ftps_keyarea *area, size_t slot);
void ftps_keyarea_drop_unmarked(struct ftps_daemon *daemon);

#endif /* FTPS_KEYS_KEYAREA_H */
