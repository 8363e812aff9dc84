/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * segments.h: the segments of the daemon: which caches share a segment, when
 * files are opened, and which segments of an old configuration the new one
 * uses.
 *
 * Above segment.h; knows ProFTPD.  Files are made and opened only when a daemon
 * really starts, not when a configuration is only checked: at core.startup, and
 * after a SIGHUP at once.
 *
 * DIAGNOSTICS: lines in the system log begin with "mod_ftps_shmcache: ".
 */
#ifndef FTPS_SHM_SEGMENTS_H
#define FTPS_SHM_SEGMENTS_H

#include <stdint.h>

#include "conf.h"

#include "segment.h"

/* One file.  The segments of a configuration that is being replaced live until
 * their caches are destroyed.
 */
struct ftps_shm_shared {
  struct ftps_shm_shared *next;
  pool *pool;
  const char *path;
  uint64_t size; /* as configured */
  unsigned int generation;
  unsigned int n_caches;
  struct ftps_shm_segment *segment; /* NULL: not opened yet, or not possible */
  const char *note;                 /* for the log, or NULL */
};

/* Counted.  Returns NULL with report->fault set on failure. */
struct ftps_shm_shared *ftps_shm_shared_get1(const char *path, uint64_t size,
    struct ftps_shm_report *report);

void ftps_shm_shared_unref(struct ftps_shm_shared *shared);

/* Removes the files, and no cache uses them any more; running sessions keep
 * their mappings.  Returns 0, or -1 with errno set.
 */
int ftps_shm_shared_remove(struct ftps_shm_shared *shared);

/* The daemon starts: opens the files that were only checked before. */
void ftps_shm_shared_start(void);

/* SIGHUP: another configuration follows in a running daemon. */
void ftps_shm_shared_restart(void);

#endif /* FTPS_SHM_SEGMENTS_H */
