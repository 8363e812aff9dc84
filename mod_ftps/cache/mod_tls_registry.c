/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_tls_registry.c: see mod_tls_registry.h.
 *
 * The five symbols that binary cache modules import.
 */
#include "cache/mod_tls_registry.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "cache/registry.h"
#include "include/mod_tls.h"
#include "log/log.h"

/* Static, because the modules that call know nothing of our structures. */
static struct {
  struct ftps_mod_tls_cell cells[FTPS_MOD_TLS_KINDS][FTPS_REGISTRY_SIZE];
  struct ftps_registry registries[FTPS_MOD_TLS_KINDS];
  unsigned int serial; /* of the last registration */
} registered;

const struct ftps_mod_tls_cell *ftps_mod_tls_find(enum ftps_mod_tls_kind kind,
    const char *name) {
  return name != NULL ? ftps_registry_get0(&registered.registries[kind], name)
                      : NULL;
}

static int add_cell(enum ftps_mod_tls_kind kind, const char *name,
    const struct ftps_mod_tls_cell *content) {
  struct ftps_mod_tls_cell *cell = registered.cells[kind];

  if (name == NULL || *name == '\0' || strlen(name) >= sizeof(cell->name) ||
      content->place == NULL) {
    errno = EINVAL;
    return -1;
  }

  for (size_t i = 1; i < FTPS_REGISTRY_SIZE && cell->name[0] != '\0'; i++) {
    cell++;
  }

  if (cell->name[0] != '\0') {
    errno = ftps_mod_tls_find(kind, name) != NULL ? EEXIST : ENOSPC;
    return -1;
  }

  *cell = *content;
  cell->serial = ++registered.serial;
  memcpy(cell->name, name, strlen(name) + 1);
  if (ftps_registry_add(&registered.registries[kind], cell->name, cell) < 0) {
    cell->name[0] = '\0';
    return -1;
  }

  return 0;
}

static int remove_cell(enum ftps_mod_tls_kind kind, const char *name) {
  const struct ftps_mod_tls_cell *cell = ftps_mod_tls_find(kind, name);

  if (ftps_registry_remove(&registered.registries[kind], name) < 0) {
    return -1;
  }

  registered.cells[kind][cell - registered.cells[kind]].name[0] = '\0';
  return 0;
}

__attribute__((visibility("default"))) int tls_sess_cache_register(const char
                                                                       *name,
    tls_sess_cache_t *cache) {
  struct ftps_mod_tls_cell content = { .sessions = cache, .place = cache };

  return add_cell(FTPS_MOD_TLS_SESSIONS, name, &content);
}

__attribute__((visibility("default"))) int tls_sess_cache_unregister(
    const char *name) {
  return remove_cell(FTPS_MOD_TLS_SESSIONS, name);
}

__attribute__((visibility("default"))) int tls_ocsp_cache_register(const char
                                                                       *name,
    tls_ocsp_cache_t *cache) {
  struct ftps_mod_tls_cell content = { .responses = cache, .place = cache };

  return add_cell(FTPS_MOD_TLS_RESPONSES, name, &content);
}

__attribute__((visibility("default"))) int tls_ocsp_cache_unregister(
    const char *name) {
  return remove_cell(FTPS_MOD_TLS_RESPONSES, name);
}

__attribute__((visibility("default"))) int tls_log(const char *fmt, ...) {
  int xerrno = errno;
  va_list args;

  /* Modules log the reason of a failure, and return -1 with errno after that.
   */
  va_start(args, fmt);
  ftps_log_args(fmt, args);
  va_end(args);
  errno = xerrno;
  return 0;
}

/* A structure is a variable of its module, or on the heap.  One in the program
 * itself stays.
 */
static bool goes_with(const struct ftps_mod_tls_cell *cell,
    const char *module_file) {
  Dl_info place, program;
  const char *file;
  size_t len;

  if (dladdr(cell->place, &place) == 0) {
    return module_file == NULL;
  }

  if (module_file == NULL) {
    return dladdr(&permanent_pool, &program) == 0 ||
        place.dli_fbase != program.dli_fbase;
  }

  file = strrchr(place.dli_fname, '/');
  file = file != NULL ? file + 1 : place.dli_fname;
  len = strcspn(module_file, ".");
  return strncmp(file, module_file, len) == 0 && strcmp(file + len, ".so") == 0;
}

void ftps_mod_tls_forget(const char *module_file) {
  for (size_t kind = 0; kind < FTPS_MOD_TLS_KINDS; kind++) {
    for (size_t i = 0; i < FTPS_REGISTRY_SIZE; i++) {
      struct ftps_mod_tls_cell *cell = &registered.cells[kind][i];

      if (cell->name[0] == '\0' || !goes_with(cell, module_file)) {
        continue;
      }

      (void) ftps_registry_remove(&registered.registries[kind], cell->name);
      cell->name[0] = '\0';
    }
  }
}
