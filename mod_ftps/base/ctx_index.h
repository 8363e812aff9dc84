/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ctx_index.h: what is attached to a TLS context.
 *
 * Each context has one structure, in one slot of its ex_data.  The structure
 * has a place for each part below; the file that is named there owns the type
 * of its part, attaches it while the context is built, and gives the function
 * that frees it.  A part lives as long as its context.
 *
 * The structure also leads to what the daemon owns, for the callbacks of
 * OpenSSL.
 */
#ifndef FTPS_BASE_CTX_INDEX_H
#define FTPS_BASE_CTX_INDEX_H

#include <openssl/ssl.h>

struct ftps_daemon;

enum ftps_ctx_part {
  FTPS_CTX_SEALKEY, /* cache/sealkey.c: the secret for values in caches */
  FTPS_CTX_STAPLES, /* ocsp/stapling.c: OCSP responses for clients */
  FTPS_CTX_ORDER,   /* trust/verify_ocsp.c: TLSVerifyOrder */
  FTPS_CTX_PSK,     /* vhost/psk.c: pre-shared keys */
  FTPS_CTX_KEYLOG,  /* log/keylog.c: TLSKeyLogFile */
  FTPS_CTX_USERMAP, /* vhost/usermap_file.c: TLSUserMapFile */
  FTPS_CTX_PARTS
};

/* Takes an index from the library, once per process.  Returns 0 or -1. */
int ftps_ctx_index_init(void);

/* For a new context, before any part is attached.  Returns 0, or -1 if there is
 * no memory.
 */
int ftps_ctx_index_begin(SSL_CTX *ctx, struct ftps_daemon *daemon);

/* The context must have been begun. */
struct ftps_daemon *ftps_ctx_index_daemon(const SSL_CTX *ctx);

/* Attaches a part.  From then on the context owns it: `free_part` is called
 * with it when the context is freed.
 */
void ftps_ctx_index_set(SSL_CTX *ctx, enum ftps_ctx_part part, void *data,
    void (*free_part)(void *data));

/* Returns NULL if the part is not attached; `ctx` may be NULL. */
void *ftps_ctx_index_get(const SSL_CTX *ctx, enum ftps_ctx_part part);

#endif /* FTPS_BASE_CTX_INDEX_H */
