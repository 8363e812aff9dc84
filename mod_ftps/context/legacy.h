/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * legacy.h: caches that were made for mod_tls (include/mod_tls.h).
 *
 * Layer: context.
 */
#ifndef FTPS_CONTEXT_LEGACY_H
#define FTPS_CONTEXT_LEGACY_H

#include <stdbool.h>

/* Has a module registered a cache of sessions under this name? */
bool ftps_legacy_has_session_cache(const char *name);

struct ftps_cache_ops;

/* The module that registered `name` for "sess" or "ocsp", as a provider; NULL:
 * none.
 */
const struct ftps_cache_ops *ftps_legacy_get0_ops(const char *space,
    const char *name);

#endif /* FTPS_CONTEXT_LEGACY_H */
