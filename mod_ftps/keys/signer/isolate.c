/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * isolate.c: see isolate.h.
 */
#include "keys/signer/isolate.h"

#include <stdbool.h>
#include <stdio.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "keys/loopback.h"
#include "keys/pkcs11.h"
#include "keys/signer/provider.h"

static SSL_CTX *make_server(const struct ftps_isolate_item *item,
    EVP_PKEY *key) {
  SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

  if (ctx == NULL) {
    return NULL;
  }

  SSL_CTX_set_security_level(ctx, 0);
  if (SSL_CTX_use_certificate(ctx, item->certificate) != 1 ||
      SSL_CTX_use_PrivateKey(ctx, key) != 1) {
    SSL_CTX_free(ctx);
    return NULL;
  }

  return ctx;
}

/* In TLS 1.2 a client has to name the curve of the server's key, and by default
 * it names few (not secp256k1, for example).
 */
static void offer_curve(SSL_CTX *ctx, const EVP_PKEY *key) {
  char curve[64], list[sizeof("X25519:P-256:") + sizeof(curve)];

  (void) ERR_set_mark();
  if (EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL) == 1) {
    (void) snprintf(list, sizeof(list), "X25519:P-256:%s", curve);
    (void) SSL_CTX_set1_groups_list(ctx, list);
  }
  (void) ERR_pop_to_mark();
}

static SSL_CTX *make_client(const EVP_PKEY *key) {
  SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

  if (ctx != NULL) {
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
    offer_curve(ctx, key);
  }

  return ctx;
}

static bool shake_hands(SSL_CTX *server_ctx, SSL_CTX *client_ctx) {
  SSL *server = SSL_new(server_ctx);
  SSL *client = SSL_new(client_ctx);
  bool is_fine =
      server != NULL && client != NULL && ftps_loopback_connect(server, client);

  SSL_free(server);
  SSL_free(client);
  return is_fine;
}

static bool try_key(const struct ftps_isolate_item *item, EVP_PKEY *key,
    struct ftps_error *err) {
  SSL_CTX *server = make_server(item, key);
  SSL_CTX *client = make_client(item->from.public_half);
  bool is_fine =
      server != NULL && client != NULL && shake_hands(server, client);

  if (!is_fine) {
    ftps_error_set_ssl(err, "a trial handshake with the signer failed");
  }

  SSL_CTX_free(server);
  SSL_CTX_free(client);
  ERR_clear_error();
  return is_fine;
}

static bool try_with(struct ftps_isolate_item *item,
    struct ftps_keeper *keeper) {
  bool is_fine = ftps_keeper_begin_trial(keeper, item->from.places[0]) == 0 &&
      try_key(item, item->key, &item->error);

  ftps_keeper_end_trial(keeper);
  item->error.is_passing = !is_fine && ftps_keeper_was_silent(keeper);
  return is_fine;
}

static void forget(struct ftps_isolate_item *item) {
  EVP_PKEY_free(item->key);
  ftps_keeper_unref(item->keeper);
  item->key = NULL;
  item->keeper = NULL;
}

static bool has_token(const struct ftps_isolate_item *item) {
  return ftps_pkcs11_is_page(item->from.numbers);
}

/* If nobody takes it, the keeper has just ended, or is stopped. */
static int give_key(struct ftps_isolate_item *item) {
  int res = ftps_keeper_feed(item->keeper, &item->from, &item->error);

  item->error.is_passing = item->error.is_passing || res < 0;
  return res;
}

/* A key that is given again has been tried before. */
static void isolate_one(struct ftps_daemon *daemon,
    struct ftps_isolate_item *item) {
  item->keeper = item->into != NULL
      ? ftps_keeper_ref(item->into)
      : ftps_keeper_get1(daemon, has_token(item), &item->error);
  if (item->keeper != NULL && give_key(item) == 0) {
    item->key = ftps_provider_new_key(daemon, item->from.public_half,
        item->keeper, &item->error);
  }

  if (item->key == NULL ||
      (item->into == NULL && !try_with(item, item->keeper))) {
    forget(item);
  }
}

/* The processes for files, or for tokens, have not answered; each trial with
 * them would take seconds, in which the daemon accepts nobody.
 */
static bool is_silent(const struct ftps_isolate_item *items, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (items[i].key == NULL && items[i].error.is_passing &&
        has_token(&items[i]) == has_token(&items[n])) {
      return true;
    }
  }

  return false;
}

void ftps_isolate(struct ftps_daemon *daemon, struct ftps_isolate_item *items,
    size_t n) {
  for (size_t i = 0; i < n; i++) {
    ftps_error_clear(&items[i].error);
    if (items[i].into == NULL && is_silent(items, i)) {
      ftps_error_set(&items[i].error, "the process that signs is silent");
      items[i].error.is_passing = true;
    } else {
      isolate_one(daemon, &items[i]);
    }
  }
}

void ftps_isolate_late(struct ftps_daemon *daemon,
    struct ftps_isolate_item *item) {
  ftps_error_clear(&item->error);
  if (item->into == NULL) {
    ftps_error_set(&item->error, "there is no process that could sign");
    return;
  }

  item->key = ftps_provider_new_key(daemon, item->from.public_half, item->into,
      &item->error);
  if (item->key != NULL) {
    item->keeper = ftps_keeper_ref(item->into);
    ftps_keeper_expect(item->keeper);
  }
}
