/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * provider.h: the callbacks of ftps_cache.h, on segments.
 *
 * Knows ProFTPD.  Below it, entries.c has the entries, segment.c the mapping
 * and the locks, and segments.c decides which segment is used.  A cache is one
 * use ("space") of a segment.  The spaces of one file differ in the beginnings
 * of their keys.  Until the daemon has started every callback returns
 * FTPS_CACHE_UNAVAILABLE.
 */
#ifndef FTPS_SHM_PROVIDER_H
#define FTPS_SHM_PROVIDER_H

#include "include/ftps_cache.h"

extern const struct ftps_cache_ops ftps_shm_cache_ops;

#endif /* FTPS_SHM_PROVIDER_H */
