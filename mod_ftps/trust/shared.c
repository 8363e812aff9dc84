/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * shared.c: see shared.h.
 */
#include "trust/shared.h"

#include <string.h>

#include <openssl/crypto.h>

#include "base/ctx_index.h"
#include "base/daemon.h"
#include "base/words.h"

#define PATHS 4

struct ftps_trust {
  struct ftps_trust *next;
  char *paths[PATHS]; /* CA file and directory, CRL file and directory */
  bool asks_clients, without_lists;
  struct ftps_stamps stamps; /* their paths must not be used any more */
  X509_STORE *store;
  STACK_OF(X509_NAME) * names; /* the names that clients get */
};

static const char *only_one(const struct ftps_texts *list) {
  return list->count > 0 ? list->texts[0] : NULL;
}

/* A server that names several files of lists has a store of its own. */
static bool has_several(const struct ftps_settings *settings) {
  return settings->crl_files.count > 1 || settings->crl_dirs.count > 1;
}

static void list_paths(const struct ftps_settings *settings,
    const char *paths[PATHS]) {
  paths[0] = settings->ca_file;
  paths[1] = settings->ca_path;
  paths[2] = only_one(&settings->crl_files);
  paths[3] = only_one(&settings->crl_dirs);
}

void ftps_trust_look(const struct ftps_settings *settings,
    struct ftps_stamps *stamps) {
  ftps_stamps_add(stamps, settings->ca_file);
  ftps_stamps_add_entries(stamps, settings->ca_path);
  ftps_stamps_add_all(stamps, settings->crl_files.texts,
      settings->crl_files.count, false);
  ftps_stamps_add_all(stamps, settings->crl_dirs.texts,
      settings->crl_dirs.count, true);
}

static bool asks_clients(const struct ftps_settings *settings) {
  return settings->verify != FTPS_VERIFY_OFF;
}

static bool is_without_lists(const struct ftps_settings *settings) {
  return settings->verify_order == FTPS_ORDER_OCSP;
}

static bool is_for(const struct ftps_trust *trust,
    const struct ftps_settings *settings) {
  const char *paths[PATHS];

  if (has_several(settings)) {
    return false;
  }

  list_paths(settings, paths);
  for (size_t i = 0; i < PATHS; i++) {
    if (!ftps_words_are_same(trust->paths[i], paths[i])) {
      return false;
    }
  }

  return trust->asks_clients == asks_clients(settings) &&
      trust->without_lists == is_without_lists(settings);
}

/* Returns the link to the store for these settings, or to the end. */
static struct ftps_trust **find(const SSL_CTX *ctx,
    const struct ftps_settings *settings) {
  struct ftps_trust **link = &ftps_ctx_index_daemon(ctx)->trusts;

  while (*link != NULL && !is_for(*link, settings)) {
    link = &(*link)->next;
  }

  return link;
}

static void free_trust(struct ftps_trust *trust) {
  for (size_t i = 0; i < PATHS; i++) {
    OPENSSL_free(trust->paths[i]);
  }

  X509_STORE_free(trust->store);
  sk_X509_NAME_pop_free(trust->names, X509_NAME_free);
  OPENSSL_free(trust);
}

bool ftps_trust_take(SSL_CTX *ctx, const struct ftps_settings *settings,
    const struct ftps_stamps *stamps) {
  const struct ftps_trust *trust = *find(ctx, settings);

  if (trust == NULL || !ftps_stamps_are_equal(&trust->stamps, stamps)) {
    return false;
  }

  SSL_CTX_set1_cert_store(ctx, trust->store);
  if (trust->names != NULL) {
    SSL_CTX_set_client_CA_list(ctx, SSL_dup_CA_list(trust->names));
  }
  return true;
}

static struct ftps_trust *make_trust(const SSL_CTX *ctx,
    const struct ftps_settings *settings) {
  const STACK_OF(X509_NAME) *names = SSL_CTX_get_client_CA_list(ctx);
  struct ftps_trust *trust = OPENSSL_zalloc(sizeof(*trust));
  X509_STORE *store = SSL_CTX_get_cert_store(ctx);
  const char *paths[PATHS];

  if (trust == NULL || X509_STORE_up_ref(store) != 1) {
    OPENSSL_free(trust);
    return NULL;
  }

  trust->store = store;
  trust->asks_clients = asks_clients(settings);
  trust->without_lists = is_without_lists(settings);
  trust->names = names != NULL ? SSL_dup_CA_list(names) : NULL;
  list_paths(settings, paths);
  for (size_t i = 0; i < PATHS; i++) {
    trust->paths[i] = paths[i] != NULL ? OPENSSL_strdup(paths[i]) : NULL;
  }
  return trust;
}

void ftps_trust_keep(const SSL_CTX *ctx, const struct ftps_settings *settings,
    const struct ftps_stamps *stamps) {
  struct ftps_trust **link = find(ctx, settings);
  struct ftps_trust *trust =
      has_several(settings) ? NULL : make_trust(ctx, settings);

  if (trust == NULL) {
    return;
  }

  trust->stamps = *stamps;
  if (*link != NULL) {
    trust->next = (*link)->next;
    free_trust(*link);
  }
  *link = trust;
}

void ftps_trust_forget(struct ftps_daemon *daemon) {
  while (daemon->trusts != NULL) {
    struct ftps_trust *next = daemon->trusts->next;

    free_trust(daemon->trusts);
    daemon->trusts = next;
  }
}
