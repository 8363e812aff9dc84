/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keypair.c: see keypair.h.
 *
 * SSL_CTX_use_PrivateKey() accepts a public half.  Resumed handshakes need no
 * more, and a full one fails cleanly without the private half.
 */
#include "keys/keypair.h"

#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/daemon.h"
#include "base/words.h"
#include "keys/signer/isolate.h"
#include "keys/signer/keeper.h"
#include "keys/keyarea.h"
#include "keys/keytype.h"
#include "keys/pkcs11.h"
#include "keys/signer/provider.h"

struct ftps_keypair {
  unsigned int refs;
  X509 *certificate;
  STACK_OF(X509) * chain; /* without the leaf; may be empty */
  bool is_part;           /* its file was damaged */
  struct ftps_keyarea *area;
  size_t slot;

  /* the key, if a process of its own has it; otherwise NULL */
  EVP_PKEY *key;
  struct ftps_keeper *keeper;
};

/* Another program may have another passphrase, or none. */
bool ftps_keypair_is_same(const struct ftps_keychild_request *request,
    const struct ftps_keychild_request *other) {
  bool is_same_form = (request->type == FTPS_KEYTYPE_PKCS12) ==
      (other->type == FTPS_KEYTYPE_PKCS12);

  return is_same_form &&
      strcmp(request->certificate, other->certificate) == 0 &&
      ftps_words_are_same(request->key, other->key) &&
      ftps_words_are_same(request->chain, other->chain) &&
      ftps_words_are_same(request->provider, other->provider);
}

struct ftps_keypair *ftps_keypair_ref(struct ftps_keypair *pair) {
  pair->refs++;
  return pair;
}

void ftps_keypair_unref(struct ftps_keypair *pair) {
  if (pair == NULL || --pair->refs > 0) {
    return;
  }

  X509_free(pair->certificate);
  sk_X509_pop_free(pair->chain, X509_free);
  EVP_PKEY_free(pair->key);
  ftps_keeper_unref(pair->keeper);
  ftps_keyarea_drop(pair->area, pair->slot);
  ftps_keyarea_unref(pair->area);
  OPENSSL_free(pair);
}

static int parse_certs(struct ftps_keypair *pair,
    const struct ftps_keychild_result *res) {
  const unsigned char *at = res->certs;
  const unsigned char *end = res->certs + res->certs_len;
  X509 *cert;

  pair->chain = sk_X509_new_null();
  pair->certificate = d2i_X509(NULL, &at, end - at);
  if (pair->chain == NULL || pair->certificate == NULL) {
    return -1;
  }

  while (at < end) {
    cert = d2i_X509(NULL, &at, end - at);
    if (cert == NULL || sk_X509_push(pair->chain, cert) == 0) {
      X509_free(cert);
      return -1;
    }
  }

  return 0;
}

static struct ftps_keypair *make_pair(const struct ftps_keychild_result *res,
    struct ftps_keyarea *area, size_t slot, struct ftps_error *err) {
  struct ftps_keypair *pair = OPENSSL_zalloc(sizeof(*pair));

  if (pair == NULL) {
    ftps_error_set_errno(err, ENOMEM, "memory for a certificate");
    return NULL;
  }

  pair->refs = 1;
  pair->slot = slot;
  pair->is_part = res->is_part;
  if (parse_certs(pair, res) < 0) {
    ftps_error_set_ssl(err, "parsing a certificate");
    ftps_keypair_unref(pair);
    return NULL;
  }

  ftps_keyarea_put(area, slot, res->numbers);
  pair->area = ftps_keyarea_ref(area);
  return pair;
}

/* If the key is in sessions of the one server, it is there for the other too.
 */
static bool is_same_load(const struct ftps_keypair_load *a,
    const struct ftps_keypair_load *b) {
  return (a->isolation == FTPS_ISOLATION_OFF) ==
      (b->isolation == FTPS_ISOLATION_OFF) &&
      a->into == b->into && a->request.decrypts == b->request.decrypts &&
      a->request.takes_part == b->request.takes_part &&
      ftps_keypair_is_same(&a->request, &b->request);
}

/* Fills requests with the distinct loads; index[i] is where load i went. */
static size_t collect_requests(const struct ftps_keypair_load *loads, size_t n,
    struct ftps_keychild_request *requests, size_t *index) {
  size_t count = 0;

  for (size_t i = 0; i < n; i++) {
    size_t j = 0;

    while (j < i && !is_same_load(&loads[i], &loads[j])) {
      j++;
    }

    if (j < i) {
      index[i] = index[j];
      requests[index[i]].is_first |= loads[i].request.is_first;
      continue;
    }

    requests[count] = loads[i].request;
    index[i] = count++;
  }

  return count;
}

static void take_result(struct ftps_keypair_load *load,
    const struct ftps_keychild_result *res, struct ftps_keyarea *area,
    size_t slot) {
  memcpy(load->warning, res->warning, sizeof(load->warning));
  if (res->done) {
    load->pair = make_pair(res, area, slot, &load->error);
    return;
  }

  load->error = res->error;
  load->is_for_daemon = res->is_for_daemon;
  load->is_left = res->is_left;
  if (res->is_left) {
    return;
  }

  load->is_lost = res->error.text[0] == '\0';
  ftps_error_set(&load->error, "%s %s: the process that reads it ended early",
      ftps_keytype_certificate_directive(load->request.type),
      load->request.certificate);
}

/* A missing key needs no slot; but a mapping cannot be empty. */
static size_t count_slots(const struct ftps_keychild_result *results,
    size_t n) {
  size_t count = 0;

  for (size_t i = 0; i < n; i++) {
    count += results[i].done;
  }

  return count > 0 ? count : 1;
}

static void take_results(struct ftps_keypair_load *loads, size_t n,
    const size_t *index, const struct ftps_keychild_result *results,
    struct ftps_keyarea *area) {
  size_t slot = 0;

  for (size_t i = 0; i < n; i++) {
    size_t j = 0;

    while (index[j] != index[i]) {
      j++;
    }

    if (j == i) {
      take_result(&loads[i], &results[index[i]], area, slot);
      slot += results[index[i]].done;
      continue;
    }

    loads[i].error = loads[j].error;
    loads[i].is_for_daemon = loads[j].is_for_daemon;
    loads[i].is_left = loads[j].is_left;
    loads[i].is_lost = loads[j].is_lost;
    loads[i].pair = loads[j].pair;
    if (loads[i].pair != NULL) {
      (void) ftps_keypair_ref(loads[i].pair);
    }
  }
}

static bool must_decrypt(const struct ftps_keypair_load *load) {
  return load->request.decrypts &&
      ftps_keypair_kind(load->pair) == EVP_PKEY_RSA;
}

/* The provider does not know DSA, and decrypts nothing. */
static bool can_be_isolated(const struct ftps_keypair_load *load) {
  return !must_decrypt(load) &&
      ftps_provider_knows(X509_get0_pubkey(load->pair->certificate));
}

/* Lists the servers that share the pair of load `i`, which is the first of
 * them.  Returns how many.
 */
static size_t list_places(const struct ftps_keypair_load *loads, size_t n,
    size_t i, struct ftps_isolate_item *item) {
  for (size_t j = i; j < n; j++) {
    if (loads[j].pair == loads[i].pair) {
      item->from.places[item->from.place_count++] = loads[j].place;
      item->from.is_free = item->from.is_free || loads[j].is_free;
    }
  }

  return item->from.place_count;
}

static size_t list_items(const struct ftps_keypair_load *loads, size_t n,
    struct ftps_isolate_item *items, const struct ftps_place **places) {
  size_t count = 0;

  for (size_t i = 0; i < n; i++) {
    struct ftps_keypair *pair = loads[i].pair;
    size_t j = 0;

    while (j < i && loads[j].pair != pair) {
      j++;
    }
    if (pair == NULL || j < i || loads[i].isolation == FTPS_ISOLATION_OFF ||
        !can_be_isolated(&loads[i])) {
      continue;
    }

    items[count].certificate = pair->certificate;
    items[count].from.public_half = X509_get0_pubkey(pair->certificate);
    items[count].from.numbers = ftps_keyarea_get0(pair->area, pair->slot);
    items[count].into = loads[i].into;
    items[count].from.places = places;
    places += list_places(loads, n, i, &items[count]);
    count++;
  }

  return count;
}

static const struct ftps_isolate_item *find_item(const struct ftps_isolate_item
                                                     *items,
    size_t n, const struct ftps_keypair *pair) {
  for (size_t i = 0; i < n; i++) {
    if (items[i].certificate == pair->certificate) {
      return &items[i];
    }
  }

  return NULL;
}

/* If it failed, the numbers stay, unless that is forbidden. */
static void judge_load(struct ftps_keypair_load *load,
    const struct ftps_isolate_item *item) {
  const char *directive =
      ftps_keytype_certificate_directive(load->request.type);
  const char *why = item != NULL ? item->error.text
      : must_decrypt(load)
      ? "TLSCipherSuite takes in RSA key exchange, which needs the private key "
        "in the session; append \":!kRSA:!kRSAPSK\" to it"
      : "keys of this kind must be in the session";
  bool is_told = must_decrypt(load); /* in a line of its server */
  bool may_pass = item != NULL && item->error.is_passing;
  struct ftps_error line;

  if (load->isolation == FTPS_ISOLATION_REQUIRED) {
    ftps_error_set(&load->error, "TLSKeyIsolation required: %s %s: %.300s",
        directive, load->request.certificate, why);
    load->error.is_passing = may_pass;
    return;
  }

  load->is_unkept = may_pass;
  if (load->warning[0] == '\0' && !is_told) {
    ftps_error_clear(&line);
    ftps_error_set(&line,
        "TLSKeyIsolation: %s %s: %.300s; so each session has the private key "
        "for its handshake",
        directive, load->request.certificate, why);
    memcpy(load->warning, line.text, sizeof(load->warning));
  }
}

static void take_items(struct ftps_keypair_load *loads, size_t n,
    const struct ftps_isolate_item *items, size_t count) {
  for (size_t i = 0; i < count; i++) {
    for (size_t j = 0; j < n; j++) {
      struct ftps_keypair *pair = loads[j].pair;

      if (pair != NULL && pair->certificate == items[i].certificate) {
        pair->key = items[i].key;
        pair->keeper = items[i].keeper;
      }
    }
  }

  for (size_t j = 0; j < n; j++) {
    if (loads[j].pair != NULL && loads[j].pair->key == NULL &&
        loads[j].isolation != FTPS_ISOLATION_OFF) {
      judge_load(&loads[j], find_item(items, count, loads[j].pair));
    }
  }
}

/* The memory from which they were read is unmapped already; otherwise the new
 * process would have it too.  In a session there are no numbers: the daemon
 * reads the same files.
 */
static void isolate_pairs(struct ftps_daemon *daemon,
    struct ftps_keypair_load *loads, size_t n) {
  struct ftps_isolate_item *items = OPENSSL_zalloc(n * sizeof(*items));
  /* NOLINTNEXTLINE: an array of pointers */
  const struct ftps_place **places = OPENSSL_zalloc(n * sizeof(*places));
  size_t count = 0;

  if (items != NULL && places != NULL) {
    count = list_items(loads, n, items, places);
  }
  if (daemon->is_session) {
    for (size_t i = 0; i < count; i++) {
      ftps_isolate_late(daemon, &items[i]);
    }
  } else {
    ftps_isolate(daemon, items, count);
  }

  take_items(loads, n, items, count);
  OPENSSL_free(items);
  OPENSSL_free(places);
}

int ftps_keypair_load(struct ftps_daemon *daemon,
    struct ftps_keypair_load *loads, size_t n, uint64_t until,
    struct ftps_error *err) {
  struct ftps_keychild_request *requests;
  struct ftps_keychild_result *results = NULL;
  struct ftps_keyarea *area = NULL;
  size_t *index, count;
  int res = -1;

  requests = OPENSSL_zalloc((n + 1) * sizeof(*requests));
  index = OPENSSL_zalloc((n + 1) * sizeof(*index));
  if (requests == NULL || index == NULL) {
    ftps_error_set_errno(err, ENOMEM, "memory for %zu certificates", n);
    goto done;
  }

  count = collect_requests(loads, n, requests, index);
  if (count == 0) {
    res = 0;
    goto done;
  }

  results =
      ftps_keychild_read(daemon->passphrases, requests, count, until, err);
  if (results != NULL) {
    area = ftps_keyarea_new(daemon, count_slots(results, count), err);
  }
  if (area != NULL) {
    take_results(loads, n, index, results, area);
    res = ftps_keyarea_seal(area, err);
  }
  for (size_t i = 0; i < n && res < 0; i++) {
    ftps_keypair_unref(loads[i].pair);
    loads[i].pair = NULL;
  }

  if (results != NULL) {
    ftps_keychild_free(results, count);
  }
  if (res == 0) {
    isolate_pairs(daemon, loads, n);
  }

done:
  ftps_keyarea_unref(area);
  OPENSSL_free(requests);
  OPENSSL_free(index);
  return res;
}

bool ftps_keypair_is_part(const struct ftps_keypair *pair) {
  return pair->is_part;
}

int ftps_keypair_kind(const struct ftps_keypair *pair) {
  return EVP_PKEY_get_base_id(X509_get0_pubkey(pair->certificate));
}

X509 *ftps_keypair_get0_certificate(const struct ftps_keypair *pair) {
  return pair->certificate;
}

STACK_OF(X509) * ftps_keypair_get0_chain(const struct ftps_keypair *pair) {
  return pair->chain;
}

/* Returns how many certificates are in it. */
static int order_chain(SSL_CTX *ctx, const struct ftps_keypair *pair,
    int source) {
  STACK_OF(X509) *chain = NULL;

  if (SSL_CTX_set1_chain(ctx, pair->chain) != 1 ||
      SSL_CTX_build_cert_chain(ctx,
          source | SSL_BUILD_CHAIN_FLAG_NO_ROOT |
              SSL_BUILD_CHAIN_FLAG_IGNORE_ERROR |
              SSL_BUILD_CHAIN_FLAG_CLEAR_ERROR) == 0 ||
      SSL_CTX_get0_chain_certs(ctx, &chain) != 1) {
    return -1;
  }

  return chain != NULL ? sk_X509_num(chain) : 0;
}

/* Orders the chain and completes it from the trusted certificates, once:
 * otherwise the library searches for it in every handshake.  It ends at the
 * first trusted one.  What the administrator has beyond that is for clients
 * that do not know it: a new root that an old one has signed.
 */
static int build_chain(SSL_CTX *ctx, const struct ftps_keypair *pair) {
  int n = order_chain(ctx, pair, SSL_BUILD_CHAIN_FLAG_UNTRUSTED);

  if (n >= 0 && n < sk_X509_num(pair->chain) &&
      order_chain(ctx, pair, SSL_BUILD_CHAIN_FLAG_CHECK) < n) {
    n = order_chain(ctx, pair, SSL_BUILD_CHAIN_FLAG_UNTRUSTED);
  }

  return n < 0 ? -1 : 0;
}

int ftps_keypair_install(const struct ftps_keypair *pair, SSL_CTX *ctx,
    struct ftps_error *err) {
  if (SSL_CTX_use_certificate(ctx, pair->certificate) != 1 ||
      SSL_CTX_use_PrivateKey(ctx, X509_get0_pubkey(pair->certificate)) != 1) {
    ftps_error_set_ssl(err, "using the certificate");
    return -1;
  }

  if (build_chain(ctx, pair) < 0) {
    ftps_error_set_ssl(err, "building the certificate chain");
    return -1;
  }

  return 0;
}

bool ftps_keypair_fits(const struct ftps_keypair *pair, SSL *ssl) {
  return SSL_use_certificate(ssl, pair->certificate) == 1;
}

/* The file has the chain in order, as both tools write it. */
int ftps_keypair_use(const struct ftps_keypair *pair, SSL *ssl) {
  return SSL_use_certificate(ssl, pair->certificate) == 1 &&
          SSL_use_PrivateKey(ssl, X509_get0_pubkey(pair->certificate)) == 1 &&
          SSL_set1_chain(ssl, pair->chain) == 1
      ? 0
      : -1;
}

int ftps_keypair_lend(const struct ftps_keypair *pair, SSL *ssl) {
  const unsigned char *numbers = ftps_keyarea_get0(pair->area, pair->slot);
  struct ftps_error err;
  EVP_PKEY *key;
  int res;

  if (pair->key != NULL) {
    return SSL_use_PrivateKey(ssl, pair->key) == 1 ? 0 : -1;
  }
  if (numbers == NULL) {
    return -1;
  }

  ftps_error_clear(&err);
  if (ftps_pkcs11_is_page(numbers)) {
    key = ftps_pkcs11_open_page(numbers);
  } else {
    key = ftps_keynumbers_read(numbers, &err);
  }
  if (key == NULL) {
    ERR_raise(ERR_LIB_SSL, SSL_R_NO_PRIVATE_KEY_ASSIGNED);
    return -1;
  }

  res = SSL_use_PrivateKey(ssl, key);
  EVP_PKEY_free(key);
  return res == 1 ? 0 : -1;
}

bool ftps_keypair_can_sign(const struct ftps_keypair *pair) {
  return pair->key != NULL ? !ftps_keeper_is_gone(pair->keeper)
                           : ftps_keyarea_get0(pair->area, pair->slot) != NULL;
}

void ftps_keypair_hide(struct ftps_keypair *pair) {
  if (pair->key != NULL) {
    ftps_keyarea_drop(pair->area, pair->slot);
  }
}

struct ftps_keeper *ftps_keypair_get0_lost(const struct ftps_keypair *pair) {
  return pair->key != NULL && ftps_keeper_is_lost(pair->keeper) ? pair->keeper
                                                                : NULL;
}

bool ftps_keypair_has_same_keeper(const struct ftps_keypair *a,
    const struct ftps_keypair *b) {
  return a->keeper == b->keeper;
}

bool ftps_keypair_has_same_key(const struct ftps_keypair *a,
    const struct ftps_keypair *b) {
  return a->keeper == b->keeper &&
      EVP_PKEY_eq(X509_get0_pubkey(a->certificate),
          X509_get0_pubkey(b->certificate)) == 1;
}

void ftps_keypair_forget(const struct ftps_keypair *pair) {
  if (pair->key != NULL) {
    ftps_keeper_forget(pair->keeper, X509_get0_pubkey(pair->certificate));
  }
}

void ftps_keypair_expect(const struct ftps_keypair *pair) {
  if (pair->key != NULL) {
    ftps_keeper_expect(pair->keeper);
  }
}

bool ftps_keypair_is_isolated(const struct ftps_keypair *pair) {
  return pair->key != NULL;
}

void ftps_keypair_refuse_unkept(struct ftps_keypair_load *load) {
  ftps_error_set(&load->error,
      "TLSKeyIsolation: %s: the process that signs does not take its key now",
      load->request.certificate);
  load->error.is_passing = true;
}

int ftps_keypair_derive(const struct ftps_keypair *pair, unsigned char *out) {
  const unsigned char *numbers = ftps_keyarea_get0(pair->area, pair->slot);

  return numbers != NULL && !ftps_pkcs11_is_page(numbers)
      ? ftps_keynumbers_derive(numbers, out)
      : -1;
}

void ftps_keypair_take_back(const struct ftps_keypair *pair, SSL *ssl) {
  (void) SSL_use_PrivateKey(ssl, X509_get0_pubkey(pair->certificate));
  ERR_clear_error();
}

void ftps_keypair_each_slot(const struct ftps_keypair *pair,
    void (*act)(struct ftps_keyarea *area, size_t slot)) {
  act(pair->area, pair->slot);
}
