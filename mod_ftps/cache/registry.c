/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * registry.c: see registry.h.
 */
#include "cache/registry.h"

#include <errno.h>
#include <string.h>

static size_t find_index(const struct ftps_registry *registry,
    const char *name) {
  size_t i = 0;

  while (i < registry->n && strcmp(registry->entries[i].name, name) != 0) {
    i++;
  }

  return i;
}

int ftps_registry_add(struct ftps_registry *registry, const char *name,
    const void *item) {
  if (name == NULL || item == NULL) {
    errno = EINVAL;
    return -1;
  }

  if (find_index(registry, name) < registry->n) {
    errno = EEXIST;
    return -1;
  }

  if (registry->n == FTPS_REGISTRY_SIZE) {
    errno = ENOSPC;
    return -1;
  }

  registry->entries[registry->n].name = name;
  registry->entries[registry->n].item = item;
  registry->n++;
  return 0;
}

int ftps_registry_remove(struct ftps_registry *registry, const char *name) {
  size_t i;

  if (name == NULL) {
    errno = EINVAL;
    return -1;
  }

  i = find_index(registry, name);
  if (i == registry->n) {
    errno = ENOENT;
    return -1;
  }

  registry->entries[i] = registry->entries[--registry->n];
  return 0;
}

const void *ftps_registry_get0(const struct ftps_registry *registry,
    const char *name) {
  size_t i = find_index(registry, name);

  return i < registry->n ? registry->entries[i].item : NULL;
}
