/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * store.c: see store.h.
 */
#include "context/store.h"

void ftps_store_put_response(const char *fingerprint, const unsigned char *der,
    size_t len, time_t expires) {
  (void) fingerprint;
  (void) der;
  (void) len;
  (void) expires;
}

size_t ftps_store_get_response(const char *fingerprint, unsigned char *der,
    size_t room) {
  (void) fingerprint;
  (void) der;
  (void) room;
  return 0;
}

enum ftps_cache_result ftps_store_add_key(const char *name,
    const unsigned char *key, size_t len, time_t expires) {
  (void) name;
  (void) key;
  (void) len;
  (void) expires;
  return FTPS_CACHE_UNAVAILABLE;
}

enum ftps_cache_result ftps_store_get_key(const char *name, unsigned char *key,
    size_t *len) {
  (void) name;
  (void) key;
  *len = 0;
  return FTPS_CACHE_UNAVAILABLE;
}
