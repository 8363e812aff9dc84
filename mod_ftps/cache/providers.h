/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * providers.h: the cache providers that are loaded.
 */
#ifndef FTPS_CACHE_PROVIDERS_H
#define FTPS_CACHE_PROVIDERS_H

#include "include/ftps_cache.h"

/* Returns NULL if there is no such provider. */
const struct ftps_cache_ops *ftps_providers_get0(const char *name);

/* Returns 0, or -1 with errno EINVAL or ENOENT. */
int ftps_providers_remove(const char *name);

#endif /* FTPS_CACHE_PROVIDERS_H */
