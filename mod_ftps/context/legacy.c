/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * legacy.c: see legacy.h.
 *
 * The five symbols that binary cache modules import.
 */
#include "context/legacy.h"

#include <stdarg.h>

#include "context/registry.h"
#include "host/log.h"
#include "include/mod_tls.h"

static struct ftps_registry session_caches;
static struct ftps_registry ocsp_caches;

__attribute__((visibility("default"))) int tls_sess_cache_register(const char
                                                                       *name,
    tls_sess_cache_t *cache) {
  return ftps_registry_add(&session_caches, name, cache);
}

__attribute__((visibility("default"))) int tls_sess_cache_unregister(
    const char *name) {
  return ftps_registry_remove(&session_caches, name);
}

__attribute__((visibility("default"))) int tls_ocsp_cache_register(const char
                                                                       *name,
    tls_ocsp_cache_t *cache) {
  return ftps_registry_add(&ocsp_caches, name, cache);
}

__attribute__((visibility("default"))) int tls_ocsp_cache_unregister(
    const char *name) {
  return ftps_registry_remove(&ocsp_caches, name);
}

__attribute__((visibility("default"))) int tls_log(const char *fmt, ...) {
  va_list args;

  va_start(args, fmt);
  ftps_log_args(fmt, args);
  va_end(args);
  return 0;
}

bool ftps_legacy_has_session_cache(const char *name) {
  return ftps_registry_get0(&session_caches, name) != NULL;
}

const struct ftps_cache_ops *ftps_legacy_get0_ops(const char *space,
    const char *name) {
  (void) space;
  (void) name;
  return NULL;
}
