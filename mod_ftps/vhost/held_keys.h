/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * held_keys.h: which of the daemon's private keys and secrets this process has.
 *
 * A session inherits all of them by fork and unmaps what it cannot need.
 */
#ifndef FTPS_VHOST_HELD_KEYS_H
#define FTPS_VHOST_HELD_KEYS_H

#include <stddef.h>

#include "base/settings.h"

struct ftps_daemon;
struct ftps_vhost;

/* At the start of a session: unmaps the keys of all virtual hosts that cannot
 * be reached at these places, and the passphrases.
 */
void ftps_held_keys_drop_unreachable(struct ftps_daemon *daemon,
    const struct ftps_place *places, size_t n);

/* The same for all keys except those of `needed`; NULL: for all. */
void ftps_held_keys_drop(struct ftps_daemon *daemon,
    const struct ftps_vhost *needed);

/* Locks them in memory again, after a fork. */
void ftps_held_keys_lock(struct ftps_daemon *daemon);

#endif /* FTPS_VHOST_HELD_KEYS_H */
