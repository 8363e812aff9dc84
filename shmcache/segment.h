/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * segment.h: the file of a cache, mapped into the daemon and its sessions, and
 * the locks of its stripes.
 *
 * Above file.h and entries.h; no header of ProFTPD, no log.  Opened by the
 * daemon as root; sessions inherit mapping and descriptors, and need no rights
 * and no path any more.
 */
#ifndef FTPS_SHM_SEGMENT_H
#define FTPS_SHM_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entries.h"
#include "file.h"

struct ftps_shm_segment;

/* Attaches to the file, whatever is in it: makes it, makes it anew in another
 * size with the entries of the old one, or sets aside what is not usable.
 * NULL: report->fault says why.
 */
struct ftps_shm_segment *ftps_shm_segment_open(const char *path, uint64_t size,
    struct ftps_shm_report *report);

void ftps_shm_segment_close(struct ftps_shm_segment *segment);

/* Is this segment what open() would attach to? */
bool ftps_shm_segment_is_current(const struct ftps_shm_segment *segment,
    const char *path, uint64_t size);

struct ftps_shm_store *ftps_shm_segment_get0_store(
    struct ftps_shm_segment *segment);

uint64_t ftps_shm_segment_size(const struct ftps_shm_segment *segment);

/* 0, or -1: EAGAIN, others hold it; EIO, the file was cut; or what fcntl()
 * says.
 */
int ftps_shm_segment_lock(struct ftps_shm_segment *segment, uint32_t stripe,
    bool writes, unsigned int deadline_ms);

void ftps_shm_segment_unlock(struct ftps_shm_segment *segment, uint32_t stripe);

/* A copy of one stripe, as a store of its own, in a buffer of
 * FTPS_SHM_STRIPE_SIZE.  0, or -1 and errno as for locks.  *patience_ms is how
 * long others are waited for, FTPS_SHM_PATIENCE_MS before the first of many
 * stripes: who waited in vain once does not wait at each.
 */
#define FTPS_SHM_PATIENCE_MS 250U

int ftps_shm_segment_copy(struct ftps_shm_segment *segment, uint32_t stripe,
    unsigned int *patience_ms, unsigned char *buffer,
    struct ftps_shm_store *copy_out);

#endif /* FTPS_SHM_SEGMENT_H */
