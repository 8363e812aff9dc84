/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_tls.h: the interface that cache modules made for mod_tls expect.
 *
 * Public and installed.  Layouts and names are those of ProFTPD's mod_tls, so
 * that its cache modules, and those of other authors, load with mod_ftps in
 * binary form.  Only cache/mod_tls_registry.c implements it.  New caches should
 * use ftps_cache.h.
 *
 * Callbacks return 0, or -1 with errno set.  The caller owns a registered
 * structure, which must live until it is unregistered.
 */
#ifndef MOD_TLS_H
#define MOD_TLS_H

#include <time.h>

#include <openssl/ocsp.h>
#include <openssl/ssl.h>

#include "conf.h"

/* For `flags` of the status callback. */
#define TLS_SESS_CACHE_STATUS_FL_SHOW_SESSIONS 0x001

typedef struct sess_cache_rec {
  const char *cache_name;
  pool *cache_pool;
  void *cache_data;
  long cache_timeout; /* seconds */
  long cache_mode;    /* SSL_SESS_CACHE_* */

  int (*open)(struct sess_cache_rec *cache, char *info, long timeout);
  int (*close)(struct sess_cache_rec *cache);
  int (*add)(struct sess_cache_rec *cache, const unsigned char *id,
      unsigned int id_len, time_t expires, SSL_SESSION *session);
  SSL_SESSION *(*get)(struct sess_cache_rec *cache, const unsigned char *id,
      unsigned int id_len);
  int (*delete)(struct sess_cache_rec *cache, const unsigned char *id,
      unsigned int id_len);
  int (*clear)(struct sess_cache_rec *cache);
  int (*remove)(struct sess_cache_rec *cache);
  int (*status)(struct sess_cache_rec *cache,
      void (*write_line)(void *arg, const char *fmt, ...), void *arg,
      int flags);
} tls_sess_cache_t;

typedef struct ocsp_cache_rec {
  const char *cache_name;
  pool *cache_pool;
  void *cache_data;

  int (*open)(struct ocsp_cache_rec *cache, char *info);
  int (*close)(struct ocsp_cache_rec *cache);
  int (*add)(struct ocsp_cache_rec *cache, const char *fingerprint,
      OCSP_RESPONSE *response, time_t age);
  OCSP_RESPONSE *(
      *get)(struct ocsp_cache_rec *cache, const char *fingerprint, time_t *age);
  int (*delete)(struct ocsp_cache_rec *cache, const char *fingerprint);
  int (*clear)(struct ocsp_cache_rec *cache);
  int (*remove)(struct ocsp_cache_rec *cache);
  int (*status)(struct ocsp_cache_rec *cache,
      void (*write_line)(void *arg, const char *fmt, ...), void *arg,
      int flags);
} tls_ocsp_cache_t;

/* Returns 0, or -1 with errno EINVAL (NULL) or EEXIST (the name is taken). */
int tls_sess_cache_register(const char *name, tls_sess_cache_t *cache);
int tls_ocsp_cache_register(const char *name, tls_ocsp_cache_t *cache);

/* Returns 0, or -1 with errno EINVAL or ENOENT. */
int tls_sess_cache_unregister(const char *name);
int tls_ocsp_cache_unregister(const char *name);

/* Writes one line to TLSLog. */
int tls_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif /* MOD_TLS_H */
