/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * providers.c: see providers.h and include/ftps_cache.h.
 */
#include "cache/providers.h"

#include <errno.h>

#include "cache/registry.h"

/* The shortest key length that every provider must accept. */
#define FTPS_CACHE_KEY_MIN 64

static struct ftps_registry providers;

static bool is_complete(const struct ftps_cache_ops *ops) {
  return ops->create != NULL && ops->destroy != NULL && ops->put != NULL &&
      ops->add != NULL && ops->get != NULL && ops->del != NULL &&
      ops->clear != NULL && ops->remove != NULL && ops->status != NULL &&
      ops->max_key >= FTPS_CACHE_KEY_MIN;
}

__attribute__((visibility("default"))) int ftps_cache_register(
    const struct ftps_cache_ops *ops) {
  if (ops == NULL || ops->abi != FTPS_CACHE_ABI || !is_complete(ops)) {
    errno = EINVAL;
    return -1;
  }

  /* ProFTPD may have lost the callback by which a module unregisters, when
   * another module was unloaded: see doc/internals/host-facts.md.
   */
  if (ftps_providers_get0(ops->name) == ops) {
    return 0;
  }

  return ftps_registry_add(&providers, ops->name, ops);
}

int ftps_providers_remove(const char *name) {
  return ftps_registry_remove(&providers, name);
}

const struct ftps_cache_ops *ftps_providers_get0(const char *name) {
  return ftps_registry_get0(&providers, name);
}
