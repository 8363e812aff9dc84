/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ctx_index.c: see ctx_index.h.
 *
 * The index is static and survives SIGHUP with the code (nodelete).
 */
#include "base/ctx_index.h"

#include <openssl/crypto.h>

struct parts {
  struct ftps_daemon *daemon;
  struct {
    void *data;
    void (*free_part)(void *data);
  } of[FTPS_CTX_PARTS];
};

static int parts_index = -1;

/* For SSL_CTX_get_ex_new_index(). */
static void free_parts_cb(void *parent, void *ptr, CRYPTO_EX_DATA *data,
    int index, long number, void *arg) {
  struct parts *parts = ptr;

  (void) parent;
  (void) data;
  (void) index;
  (void) number;
  (void) arg;
  for (size_t i = 0; parts != NULL && i < FTPS_CTX_PARTS; i++) {
    if (parts->of[i].data != NULL) {
      parts->of[i].free_part(parts->of[i].data);
    }
  }
  OPENSSL_free(parts);
}

int ftps_ctx_index_init(void) {
  if (parts_index < 0) {
    parts_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_parts_cb);
  }

  return parts_index < 0 ? -1 : 0;
}

int ftps_ctx_index_begin(SSL_CTX *ctx, struct ftps_daemon *daemon) {
  struct parts *parts = OPENSSL_zalloc(sizeof(*parts));

  if (parts == NULL || SSL_CTX_set_ex_data(ctx, parts_index, parts) != 1) {
    OPENSSL_free(parts);
    return -1;
  }

  parts->daemon = daemon;
  return 0;
}

static struct parts *parts_of(const SSL_CTX *ctx) {
  return ctx != NULL ? SSL_CTX_get_ex_data(ctx, parts_index) : NULL;
}

struct ftps_daemon *ftps_ctx_index_daemon(const SSL_CTX *ctx) {
  const struct parts *parts = SSL_CTX_get_ex_data(ctx, parts_index);

  return parts->daemon;
}

void ftps_ctx_index_set(SSL_CTX *ctx, enum ftps_ctx_part part, void *data,
    void (*free_part)(void *data)) {
  struct parts *parts = parts_of(ctx);

  parts->of[part].data = data;
  parts->of[part].free_part = free_part;
}

void *ftps_ctx_index_get(const SSL_CTX *ctx, enum ftps_ctx_part part) {
  const struct parts *parts = parts_of(ctx);

  return parts != NULL ? parts->of[part].data : NULL;
}
