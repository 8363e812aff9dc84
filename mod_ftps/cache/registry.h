/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * registry.h: names, and what was registered under them.
 *
 * A registry is static in the file that owns it.  The init functions of other
 * modules fill it, and it is emptied when they are unloaded.
 */
#ifndef FTPS_CACHE_REGISTRY_H
#define FTPS_CACHE_REGISTRY_H

#include <stddef.h>

#define FTPS_REGISTRY_SIZE 16

struct ftps_registry {
  struct {
    const char *name; /* owned by the caller */
    const void *item; /* owned by the caller */
  } entries[FTPS_REGISTRY_SIZE];
  size_t n;
};

/* Returns 0, or -1 with errno EINVAL, EEXIST or ENOSPC. */
int ftps_registry_add(struct ftps_registry *registry, const char *name,
    const void *item);

/* Returns 0, or -1 with errno EINVAL or ENOENT. */
int ftps_registry_remove(struct ftps_registry *registry, const char *name);

/* Returns NULL if there is no such name. */
const void *ftps_registry_get0(const struct ftps_registry *registry,
    const char *name);

#endif /* FTPS_CACHE_REGISTRY_H */
