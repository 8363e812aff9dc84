/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * cache.h: the callbacks of ftps_cache.h, on segments.
 *
 * Knows ProFTPD; store.c below has the entries, segment.c the mapping and the
 * locks.  A cache is one use ("space") of a segment; the spaces of one file are
 * kept apart by the beginnings of their keys.
 *
 * Files are made and opened when it is certain that a daemon is starting, not
 * while a configuration is only looked at: at core.startup, and after a SIGHUP
 * at once.  Until then every callback answers FTPS_CACHE_UNAVAILABLE.
 *
 * DIAGNOSTICS: lines in the system log begin with "mod_ftps_shmcache: ".
 */
#ifndef FTPS_SHM_CACHE_H
#define FTPS_SHM_CACHE_H

#include "include/ftps_cache.h"

extern const struct ftps_cache_ops ftps_shm_cache_ops;

/* The daemon starts: opens what was only looked at. */
void ftps_shm_cache_start(void);

/* SIGHUP: another configuration follows, in a daemon that runs. */
void ftps_shm_cache_restart(void);

#endif /* FTPS_SHM_CACHE_H */
