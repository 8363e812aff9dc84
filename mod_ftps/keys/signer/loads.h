/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * loads.h: which keys a server needs, and which process gets them.
 */
#ifndef FTPS_KEYS_SIGNER_LOADS_H
#define FTPS_KEYS_SIGNER_LOADS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/settings.h"
#include "keys/keypair.h"

struct ftps_daemon;

/* Lists the keys of a server; there is room for FTPS_KEYTYPE_COUNT.  Returns
 * how many.  `is_late`: it was made in a session, and the daemon does not know
 * it.  `used`: the pairs that it goes on with if these fail; NULL: none.
 */
size_t ftps_loads_list(const struct ftps_daemon *daemon,
    const struct ftps_settings *settings, bool is_late,
    struct ftps_keypair *const *used, struct ftps_keypair_load *loads);

/* The part of a load that says where the key goes, after its request. */
void ftps_loads_assign(const struct ftps_daemon *daemon,
    const struct ftps_settings *settings, struct ftps_keypair_load *load);

/* See keypair.h: what the two members of a load are for such a server. */
bool ftps_loads_are_free(const struct ftps_settings *settings);
enum ftps_isolation ftps_loads_isolation(const struct ftps_settings *settings);

/* For a late server whose key must be read.  Returns 0, or -1 with `err` set if
 * no session may have it.
 */
int ftps_loads_check_late(const struct ftps_settings *settings,
    struct ftps_error *err);

/* True in a session, if it would get the key of a server into its own memory
 * although another process could have it: the daemon has not started one yet.
 */
bool ftps_loads_are_daemons(const struct ftps_daemon *daemon,
    const struct ftps_settings *settings);

#endif /* FTPS_KEYS_SIGNER_LOADS_H */
