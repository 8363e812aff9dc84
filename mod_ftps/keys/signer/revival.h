/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * revival.h: starts the processes again that have private keys, if somebody has
 * ended them.
 */
#ifndef FTPS_KEYS_SIGNER_REVIVAL_H
#define FTPS_KEYS_SIGNER_REVIVAL_H

#include <stddef.h>

#include "base/error.h"
#include "base/settings.h"
#include "keys/keypair.h"

struct ftps_daemon;

/* In the daemon, as root: starts their keepers again, which have ended, and
 * reads these keys for them.  Returns how many it has tried, which are the
 * first ones then; those that could not be read have an error.  The others must
 * be tried later.
 */
size_t ftps_revival_run(struct ftps_daemon *daemon,
    struct ftps_keypair_load *loads, size_t n, ftps_report report);

#endif /* FTPS_KEYS_SIGNER_REVIVAL_H */
