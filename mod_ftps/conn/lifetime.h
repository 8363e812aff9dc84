/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * lifetime.h: for how long a session ticket can be relied on.
 *
 * Pure; the time is an argument.  Times are seconds since the epoch.
 *
 * Source: RFC 8446, 4.6.1: TLS 1.3 clients delete tickets after the lifetime
 * that the server has sent (TICKET_LIFETIME in vhost/context.c); this is half
 * of it.
 */
#ifndef FTPS_CONN_LIFETIME_H
#define FTPS_CONN_LIFETIME_H

#include <stdbool.h>
#include <stdint.h>

#define FTPS_LIFETIME_FRESH (12 * 60 * 60)

/* True if a ticket made at `made` is too old at `now`.  Also true for a ticket
 * made in the future: then the clock was set back.
 */
bool ftps_lifetime_is_stale(int64_t made, int64_t now);

#endif /* FTPS_CONN_LIFETIME_H */
