/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * keyarea.h: the pages that hold the numbers of private keys.
 *
 * Layer: context.  An area is made when keys are loaded and belongs to the key
 * pairs that have a slot in it, by reference count; the last one unmaps it.
 * Its memory is private to the process, kept out of core dumps, locked where
 * the system allows it, and read-only once sealed.
 *
 * A session drops the slots that it cannot need: from then on get0 returns
 * NULL for them, in that process.
 */
#ifndef FTPS_CONTEXT_KEYAREA_H
#define FTPS_CONTEXT_KEYAREA_H

#include <stddef.h>

#include "base/error.h"

struct ftps_keyarea;

/* Room for `n` keys; one reference.  NULL and `err` without memory. */
struct ftps_keyarea *ftps_keyarea_new(size_t n, struct ftps_error *err);
struct ftps_keyarea *ftps_keyarea_ref(struct ftps_keyarea *area);
void ftps_keyarea_unref(struct ftps_keyarea *area);

/* Copies FTPS_KEYNUMBERS_SIZE bytes into a slot; before the seal only. */
void ftps_keyarea_put(struct ftps_keyarea *area, size_t slot,
    const unsigned char *numbers);
int ftps_keyarea_seal(struct ftps_keyarea *area, struct ftps_error *err);

/* Locks do not survive fork: once more in the process that goes on. */
void ftps_keyarea_lock(struct ftps_keyarea *area);

const unsigned char *ftps_keyarea_get0(const struct ftps_keyarea *area,
    size_t slot);

/* Marks a slot as needed in this process, and takes the marks of an area away;
 * ftps_keyarea_drop_unmarked() unmaps all slots without one.
 */
void ftps_keyarea_mark(struct ftps_keyarea *area, size_t slot);
void ftps_keyarea_unmark(struct ftps_keyarea *area);
void ftps_keyarea_drop_unmarked(struct ftps_keyarea *area);

#endif /* FTPS_CONTEXT_KEYAREA_H */
