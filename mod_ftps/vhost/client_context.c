/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * client_context.c: see client_context.h.
 */
#include "vhost/client_context.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/ctx_index.h"
#include "base/daemon.h"
#include "trust/verify_server.h"
#include "vhost/context.h"

/* Longer lists of ciphers are rare. */
#define WISHES_SIZE 1024

struct ftps_client_context {
  SSL_CTX *ctx;            /* owned */
  const X509_STORE *trust; /* the context's, or NULL */
  char wishes[WISHES_SIZE];
};

void ftps_client_context_forget(struct ftps_daemon *daemon) {
  if (daemon->client != NULL) {
    SSL_CTX_free(daemon->client->ctx);
    OPENSSL_free(daemon->client);
    daemon->client = NULL;
  }
}

/* If there is no memory, the next context is built again. */
static void keep_client(struct ftps_daemon *daemon, SSL_CTX *ctx,
    const X509_STORE *trust, const char *wishes) {
  struct ftps_client_context *client = OPENSSL_zalloc(sizeof(*client));

  ftps_client_context_forget(daemon);
  if (client == NULL || SSL_CTX_up_ref(ctx) != 1) {
    OPENSSL_free(client);
    return;
  }

  client->ctx = ctx;
  client->trust = trust;
  memcpy(client->wishes, wishes, sizeof(client->wishes));
  daemon->client = client;
}

/* Writes down everything that ftps_context_build_client() uses, except the
 * shared store.  Returns 0, or -1 if that is too long, or if the context needs
 * a store of its own because of revocation lists.
 */
static int describe_client(const struct ftps_settings *settings,
    const X509_STORE *trust, char *text, size_t size) {
  bool has_lists = settings->crl_files.count + settings->crl_dirs.count > 0;
  int n = snprintf(text, size, "%lx|%x|%d|%u|%d|%d|%u|%s|%s|%s",
      (unsigned long) settings->options, settings->protocols,
      settings->has_protocols, (unsigned int) settings->profile,
      settings->server_preference, settings->verify_server,
      settings->verify_depth, settings->cipher_list,
      settings->ciphersuites != NULL ? settings->ciphersuites : "",
      settings->groups != NULL ? settings->groups : "");

  return n < 0 || (size_t) n >= size || (trust == NULL && has_lists) ? -1 : 0;
}

SSL_CTX *ftps_client_context_get1(const struct ftps_settings *settings,
    SSL_CTX *server, struct ftps_error *err) {
  X509_STORE *trust = ftps_verify_server_get0_trust(settings, server);
  struct ftps_daemon *daemon = ftps_ctx_index_daemon(server);
  const struct ftps_client_context *last = daemon->client;
  char wishes[WISHES_SIZE];
  SSL_CTX *ctx;

  if (describe_client(settings, trust, wishes, sizeof(wishes)) < 0) {
    return ftps_context_build_client(settings, server, err);
  }

  if (last != NULL && trust == last->trust &&
      strcmp(wishes, last->wishes) == 0 && SSL_CTX_up_ref(last->ctx) == 1) {
    return last->ctx;
  }

  ctx = ftps_context_build_client(settings, server, err);
  if (ctx != NULL) {
    keep_client(daemon, ctx, trust, wishes);
  } else {
    ftps_client_context_forget(daemon);
  }
  return ctx;
}
