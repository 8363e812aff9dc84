/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_tls_registry.h: the registered caches that were made for mod_tls
 * (include/mod_tls.h); cache/mod_tls_cache.c uses them.
 *
 * Registered structures belong to modules that are unloaded at each SIGHUP.  So
 * they are found by name each time, and no pointer to them is kept elsewhere.
 */
#ifndef FTPS_CACHE_MOD_TLS_REGISTRY_H
#define FTPS_CACHE_MOD_TLS_REGISTRY_H

enum ftps_mod_tls_kind {
  FTPS_MOD_TLS_SESSIONS,
  FTPS_MOD_TLS_RESPONSES,
  FTPS_MOD_TLS_KINDS
};

/* One of the two pointers is set. */
struct ftps_mod_tls_cell {
  char name[64]; /* empty: free */
  struct sess_cache_rec *sessions;
  struct ocsp_cache_rec *responses;
  const void *place;   /* the same pointer, of either type */
  unsigned int serial; /* another one for each registration */
};

/* Returns NULL if there is no such cache.  NULL is no name. */
const struct ftps_mod_tls_cell *ftps_mod_tls_find(enum ftps_mod_tls_kind kind,
    const char *name);

/* This module ("mod_x.c") is being unloaded; NULL: all that can be.  Removes
 * what its code has registered, also if the module does not unregister.
 */
void ftps_mod_tls_forget(const char *module_file);

#endif /* FTPS_CACHE_MOD_TLS_REGISTRY_H */
