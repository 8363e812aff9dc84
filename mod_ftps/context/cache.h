/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * cache.h: the cache providers that are loaded.
 *
 * Layer: context.
 */
#ifndef FTPS_CONTEXT_CACHE_H
#define FTPS_CONTEXT_CACHE_H

#include "include/ftps_cache.h"

/* NULL: no such provider. */
const struct ftps_cache_ops *ftps_cache_get0(const char *name);

#endif /* FTPS_CONTEXT_CACHE_H */
