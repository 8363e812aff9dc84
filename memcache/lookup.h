/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * lookup.h: the addresses of servers that are named by their host, within a
 * deadline.
 *
 * No functions of ProFTPD; used in the daemon only.  The resolver waits ten
 * seconds for each name if nobody answers it, and the daemon accepts nobody
 * meanwhile.  So each name has a process of its own, and all of them together
 * have FTPS_LOOKUP_SECONDS.  The addresses that were found last are remembered
 * across reloads: a resolver that is out of reach for a while does no harm.
 */
#ifndef FTPS_MEMCACHE_LOOKUP_H
#define FTPS_MEMCACHE_LOOKUP_H

#include <stddef.h>

#include "servers.h"

#define FTPS_LOOKUP_SECONDS 5

/* Sets the addresses of `count` servers.  faults_out[i] is NULL, or why none
 * was found now, a text that lives until the next call; the address is the last
 * one then, if there ever was one.
 */
void ftps_lookup_addresses(struct ftps_server *servers, size_t count,
    const char **faults_out);

#endif /* FTPS_MEMCACHE_LOOKUP_H */
