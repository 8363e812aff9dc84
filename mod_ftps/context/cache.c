/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * cache.c: see cache.h and include/ftps_cache.h.
 */
#include "context/cache.h"

#include <errno.h>

#include "context/registry.h"

static struct ftps_registry providers;

__attribute__((visibility("default"))) int ftps_cache_register(
    const struct ftps_cache_ops *ops) {
  if (ops == NULL || ops->abi != FTPS_CACHE_ABI) {
    errno = EINVAL;
    return -1;
  }

  return ftps_registry_add(&providers, ops->name, ops);
}

__attribute__((visibility("default"))) int ftps_cache_unregister(
    const char *name) {
  return ftps_registry_remove(&providers, name);
}

const struct ftps_cache_ops *ftps_cache_get0(const char *name) {
  return ftps_registry_get0(&providers, name);
}
