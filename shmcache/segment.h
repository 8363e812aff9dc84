/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * segment.h: the file of a cache, mapped into the daemon and its sessions, and
 * the locks of its stripes.
 *
 * Above file.h and entries.h; no header of ProFTPD, no log.  The daemon opens
 * it as root.  Sessions inherit mapping and descriptors, and then need no
 * rights and no path.
 */
#ifndef FTPS_SHM_SEGMENT_H
#define FTPS_SHM_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entries.h"
#include "file.h"

struct ftps_shm_segment;

/* Attaches to the file.  Makes it if it does not exist; makes it again, with
 * the entries of the old one, if its size differs; renames an unusable one.
 * Returns NULL with report->fault set on failure.
 */
struct ftps_shm_segment *ftps_shm_segment_open(const char *path, uint64_t size,
    struct ftps_shm_report *report);

void ftps_shm_segment_close(struct ftps_shm_segment *segment);

/* True if open() would attach to this segment. */
bool ftps_shm_segment_is_current(const struct ftps_shm_segment *segment,
    const char *path, uint64_t size);

struct ftps_shm_store *ftps_shm_segment_get0_store(
    struct ftps_shm_segment *segment);

uint64_t ftps_shm_segment_size(const struct ftps_shm_segment *segment);

/* Returns 0, or -1 with errno set: EAGAIN if others hold the lock, EIO if the
 * file was shortened, or the errno of fcntl().
 */
int ftps_shm_segment_lock(struct ftps_shm_segment *segment, uint32_t stripe,
    bool writes, unsigned int deadline_ms);

void ftps_shm_segment_unlock(struct ftps_shm_segment *segment, uint32_t stripe);

/* Copies one stripe, as a store of its own, to a buffer of
 * FTPS_SHM_STRIPE_SIZE.  Returns 0, or -1 with errno set as for locks.
 * *patience_ms is how long to wait for other processes; set it to
 * FTPS_SHM_PATIENCE_MS before the first of many stripes.  The budget is shared:
 * after one timeout the remaining stripes are not waited for.
 */
#define FTPS_SHM_PATIENCE_MS 250U

int ftps_shm_segment_copy(struct ftps_shm_segment *segment, uint32_t stripe,
    unsigned int *patience_ms, unsigned char *buffer,
    struct ftps_shm_store *copy_out);

/* Calls `visit` with a copy of each stripe that can be locked, until it returns
 * false.  Returns 0, or -1 if there is no memory.
 */
int ftps_shm_segment_walk(struct ftps_shm_segment *segment,
    bool (*visit)(void *arg, const struct ftps_shm_store *copy), void *arg);

/* After another walk through all stripes: the pages that it has touched do not
 * count as memory of this process any more.  The entries stay.
 */
void ftps_shm_segment_let_go(struct ftps_shm_segment *segment);

#endif /* FTPS_SHM_SEGMENT_H */
