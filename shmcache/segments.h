/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * segments.h: the segments of the daemon: which caches share one, when their
 * files are opened, what of an old configuration serves the new one.
 *
 * Above segment.h; knows ProFTPD.  Files are made and opened when it is certain
 * that a daemon is starting, not while a configuration is only looked at: at
 * core.startup, and after a SIGHUP at once.
 *
 * DIAGNOSTICS: lines in the system log begin with "mod_ftps_shmcache: ".
 */
#ifndef FTPS_SHM_SEGMENTS_H
#define FTPS_SHM_SEGMENTS_H

#include <stdint.h>

#include "conf.h"

#include "segment.h"

/* One file.  Those of a configuration that is being replaced live until their
 * caches are destroyed.
 */
struct ftps_shm_shared {
  struct ftps_shm_shared *next;
  pool *pool;
  const char *path;
  uint64_t size; /* as configured */
  unsigned int generation;
  unsigned int n_caches;
  struct ftps_shm_segment *segment; /* NULL: not yet, or not possible */
  const char *note;                 /* for the log, or NULL */
};

/* Counted.  NULL: report->fault says why. */
struct ftps_shm_shared *ftps_shm_shared_get1(const char *path, uint64_t size,
    struct ftps_shm_report *report);

void ftps_shm_shared_unref(struct ftps_shm_shared *shared);

/* The files go, and no cache has them any more; sessions that run keep what
 * they have mapped.  0, or -1 and errno.
 */
int ftps_shm_shared_remove(struct ftps_shm_shared *shared);

/* The daemon starts: opens what was only looked at. */
void ftps_shm_shared_start(void);

/* SIGHUP: another configuration follows, in a daemon that runs. */
void ftps_shm_shared_restart(void);

#endif /* FTPS_SHM_SEGMENTS_H */
