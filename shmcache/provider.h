/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * provider.h: the callbacks of ftps_cache.h, on segments.
 *
 * Knows ProFTPD; entries.c below has the entries, segment.c the mapping and the
 * locks, segments.c decides which segment.  A cache is one use ("space") of a
 * segment; the spaces of one file are kept apart by the beginnings of their
 * keys.  Until the daemon has started every callback answers
 * FTPS_CACHE_UNAVAILABLE.
 */
#ifndef FTPS_SHM_PROVIDER_H
#define FTPS_SHM_PROVIDER_H

#include "include/ftps_cache.h"

extern const struct ftps_cache_ops ftps_shm_cache_ops;

#endif /* FTPS_SHM_PROVIDER_H */
