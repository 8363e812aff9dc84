/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keyarea.h: the pages with the numbers of private keys.
 *
 * An area is made when keys are loaded.  The key pairs that have a slot in it
 * own it, by reference count; the last one unmaps it.  Its memory is private to
 * the process, kept out of core dumps, locked if the system allows it, and
 * read-only once it is sealed.
 *
 * A session drops the slots that it cannot need: from then on get0 returns NULL
 * for them in that process.
 */
#ifndef FTPS_KEYS_KEYAREA_H
#define FTPS_KEYS_KEYAREA_H

#include <stddef.h>

#include "base/error.h"

struct ftps_daemon;
struct ftps_keyarea;

/* Room for `n` keys; returns one reference, or NULL with `err` set if there is
 * no memory.
 */
struct ftps_keyarea *ftps_keyarea_new(struct ftps_daemon *daemon, size_t n,
    struct ftps_error *err);
struct ftps_keyarea *ftps_keyarea_ref(struct ftps_keyarea *area);
void ftps_keyarea_unref(struct ftps_keyarea *area);

struct ftps_daemon *ftps_keyarea_daemon(const struct ftps_keyarea *area);

/* Adds one sealed slot to `*open`, for keys that come one by one.  The caller
 * owns `*open`, which is replaced when it is full (NULL: none yet).  Returns a
 * reference to the slot's area.  Each area is a mapping that every fork copies,
 * so there should be few.
 */
struct ftps_keyarea *ftps_keyarea_add(struct ftps_daemon *daemon,
    struct ftps_keyarea **open, const unsigned char *numbers, size_t *slot_out,
    struct ftps_error *err);

/* Unmaps a slot that is not used any more. */
void ftps_keyarea_drop(struct ftps_keyarea *area, size_t slot);

/* Copies FTPS_KEYNUMBERS_SIZE bytes into a slot, only before it is sealed. */
void ftps_keyarea_put(struct ftps_keyarea *area, size_t slot,
    const unsigned char *numbers);
int ftps_keyarea_seal(struct ftps_keyarea *area, struct ftps_error *err);

/* Locks do not survive fork: lock again in the process that goes on. */
void ftps_keyarea_lock(struct ftps_keyarea *area, size_t slot);

const unsigned char *ftps_keyarea_get0(const struct ftps_keyarea *area,
    size_t slot);

/* Marks a slot as needed in this process. drop_unmarked unmaps all other slots
 * of all areas, and removes the marks.
 */
void ftps_keyarea_mark(struct ftps_keyarea *area, size_t slot);
void ftps_keyarea_drop_unmarked(struct ftps_daemon *daemon);

#endif /* FTPS_KEYS_KEYAREA_H */
