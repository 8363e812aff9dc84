/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * sealkey.c: see sealkey.h.
 *
 * A secret lies at the beginning of a slot of its own key area.
 */
#include "cache/sealkey.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "keys/keyarea.h"
#include "keys/keynumbers.h"
#include "keys/keypair.h"
#include "keys/secretfile.h"

#define FILE_NAME "TLSCacheSecretFile"
#define FILE_MIN  32
#define FILE_MAX  4096

/* HKDF's info and HMAC's texts: another one is another secret. */
#define FOR_CACHES      "mod_ftps: values in caches, 1"
#define FOR_DAEMON      "mod_ftps: values of the daemon, 1"
#define FOR_NAME        "mod_ftps: name of the secret, 1"
#define FOR_DAEMON_HOST "mod_ftps: host of the daemon, 1"

#define NAME_SIZE (2 * FTPS_SEAL_SECRET_SIZE + 1)

struct sealkey {
  struct ftps_keyarea *area; /* NULL: no secret, or nothing to seal */
  size_t slot;
  unsigned char host[FTPS_SEAL_HOST_SIZE];
  char name[NAME_SIZE]; /* empty: no secret */
};

/* The daemon's own; not at a context. */
static struct sealkey own;

static struct ftps_keyarea *open_area; /* takes the next secret; or NULL */
static int key_index = -1;

static void let_go(struct sealkey *key) {
  ftps_keyarea_drop(key->area, key->slot);
  ftps_keyarea_unref(key->area);
  key->area = NULL;
}

/* Of SSL_CTX_get_ex_new_index(). */
static void free_key_cb(void *parent, void *ptr, CRYPTO_EX_DATA *data,
    int index, long number, void *arg) {
  struct sealkey *key = ptr;

  (void) parent;
  (void) data;
  (void) index;
  (void) number;
  (void) arg;
  if (key != NULL) {
    let_go(key);
    OPENSSL_free(key);
  }
}

static struct sealkey *key_of(const SSL_CTX *ctx) {
  return ctx != NULL && key_index >= 0 ? SSL_CTX_get_ex_data(ctx, key_index)
                                       : NULL;
}

/* HKDF-SHA256 (RFC 5869) without salt. */
static int derive(const unsigned char *from, size_t len,
    unsigned char out[FTPS_SEAL_SECRET_SIZE]) {
  EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
  EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
  char digest[] = "SHA256", info[] = FOR_CACHES;
  OSSL_PARAM params[4];
  union {
    const unsigned char *in;
    void *out;
  } data;
  int res = -1;

  /* OSSL_PARAM has no const; it is only read. */
  data.in = from;
  params[0] =
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
  params[1] =
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, data.out, len);
  params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info,
      sizeof(info) - 1);
  params[3] = OSSL_PARAM_construct_end();
  if (ctx != NULL &&
      EVP_KDF_derive(ctx, out, FTPS_SEAL_SECRET_SIZE, params) == 1) {
    res = 0;
  }

  EVP_KDF_CTX_free(ctx);
  EVP_KDF_free(kdf);
  return res;
}

/* HMAC-SHA256 of a text. */
static int derive_text(const unsigned char *secret, const char *text,
    unsigned char out[FTPS_SEAL_SECRET_SIZE]) {
  unsigned int len = 0;

  return HMAC(EVP_sha256(), secret, (int) FTPS_SEAL_SECRET_SIZE,
             (const unsigned char *) text, strlen(text), out, &len) != NULL
      ? 0
      : -1;
}

static int read_file(const char *path,
    unsigned char secret[FTPS_SEAL_SECRET_SIZE], struct ftps_error *err) {
  int fd = ftps_secretfile_open(FILE_NAME, path, err);
  unsigned char bytes[FILE_MAX + 1];
  ssize_t got;
  int res = -1;

  if (fd < 0) {
    return -1;
  }

  got = read(fd, bytes, sizeof(bytes));
  if (got < 0) {
    ftps_error_set_errno(err, errno, FILE_NAME " %s", path);

  } else if (got < FILE_MIN || got > FILE_MAX) {
    ftps_error_set(err,
        FILE_NAME " %s: has %s%zd bytes; write from %d to %d random ones, as "
                  "\"openssl rand -hex 32\" does, the same on all hosts",
        path, got > FILE_MAX ? "more than " : "",
        got > FILE_MAX ? (ssize_t) FILE_MAX : got, FILE_MIN, FILE_MAX);

  } else if (derive(bytes, (size_t) got, secret) == 0) {
    res = 0;

  } else {
    ftps_error_set_ssl(err, FILE_NAME " %s: cannot be used", path);
  }

  (void) close(fd);
  OPENSSL_cleanse(bytes, sizeof(bytes));
  return res;
}

/* With several keys the smallest secret, so that hosts agree on it whatever
 * the order and the form of their files.  1 found, 0 none, -1 and `err`.
 */
static int choose_pair(struct ftps_keypair *const *pairs,
    unsigned char secret[FTPS_SEAL_SECRET_SIZE], struct ftps_error *err) {
  unsigned char one[FTPS_SEAL_SECRET_SIZE];
  int found = 0;

  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT && found >= 0; i++) {
    const unsigned char *number = NULL;
    size_t len = 0;

    if (pairs[i] != NULL) {
      number = ftps_keypair_get0_secret(pairs[i], &len);
    }
    if (number == NULL) {
      continue;
    }
    if (derive(number, len, one) < 0) {
      ftps_error_set_ssl(err, "deriving the secret for caches");
      found = -1;
    } else if (found == 0 || memcmp(one, secret, sizeof(one)) < 0) {
      memcpy(secret, one, sizeof(one));
      found = 1;
    }
  }

  OPENSSL_cleanse(one, sizeof(one));
  return found;
}

static int keep(struct sealkey *key, const unsigned char *secret,
    struct ftps_error *err) {
  unsigned char bytes[FTPS_KEYNUMBERS_SIZE] = { 0 };

  memcpy(bytes, secret, FTPS_SEAL_SECRET_SIZE);
  key->area = ftps_keyarea_add(&open_area, bytes, &key->slot, err);
  OPENSSL_cleanse(bytes, sizeof(bytes));
  return key->area != NULL ? 0 : -1;
}

static int name_secret(struct sealkey *key, const unsigned char *secret) {
  unsigned char name[FTPS_SEAL_SECRET_SIZE];

  if (derive_text(secret, FOR_NAME, name) < 0) {
    return -1;
  }

  for (size_t i = 0; i < sizeof(name); i++) {
    (void) snprintf(key->name + 2 * i, 3, "%02x", name[i]);
  }
  return 0;
}

static int use_secret(struct sealkey *key, const unsigned char *secret,
    bool is_kept, struct ftps_error *err) {
  if (name_secret(key, secret) < 0) {
    ftps_error_set_ssl(err, "deriving the secret for caches");
    return -1;
  }

  return is_kept ? keep(key, secret, err) : 0;
}

int ftps_sealkey_set(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_keypair *const *pairs, bool is_kept, struct ftps_error *err) {
  unsigned char secret[FTPS_SEAL_SECRET_SIZE];
  struct sealkey *key;
  int found;

  if (key_index < 0) {
    key_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_key_cb);
  }
  key = OPENSSL_zalloc(sizeof(*key));
  if (key == NULL || SSL_CTX_set_ex_data(ctx, key_index, key) != 1) {
    OPENSSL_free(key);
    ftps_error_set_errno(err, ENOMEM, "memory for the secret for caches");
    return -1;
  }

  /* From here on it is freed with the context. */
  if (settings->cache_secret_file != NULL) {
    found = read_file(settings->cache_secret_file, secret, err) == 0 ? 1 : -1;
  } else {
    found = choose_pair(pairs, secret, err);
  }

  if (found == 1) {
    found = use_secret(key, secret, is_kept, err);
  }
  OPENSSL_cleanse(secret, sizeof(secret));
  return found < 0 ? -1 : 0;
}

static const unsigned char *secret_of(const struct sealkey *key) {
  return key != NULL ? ftps_keyarea_get0(key->area, key->slot) : NULL;
}

const char *ftps_sealkey_name(const SSL_CTX *ctx) {
  const struct sealkey *key = key_of(ctx);

  return key != NULL ? key->name : "";
}

void ftps_sealkey_set_host(SSL_CTX *ctx, const unsigned char *host) {
  struct sealkey *key = key_of(ctx);

  if (key != NULL) {
    memcpy(key->host, host, FTPS_SEAL_HOST_SIZE);
  }
}

static int fill(const struct sealkey *key, struct ftps_seal *seal) {
  seal->secret = secret_of(key);
  seal->host = key != NULL ? key->host : NULL;
  return seal->secret != NULL ? 0 : -1;
}

int ftps_sealkey_get0(const SSL_CTX *ctx, struct ftps_seal *seal) {
  return fill(key_of(ctx), seal);
}

void ftps_sealkey_each_slot(const SSL_CTX *ctx,
    void (*act)(struct ftps_keyarea *area, size_t slot)) {
  const struct sealkey *key = key_of(ctx);

  if (secret_of(key) != NULL) {
    act(key->area, key->slot);
  }
}

void ftps_sealkey_derive_own(const SSL_CTX *ctx) {
  unsigned char secret[FTPS_SEAL_SECRET_SIZE];
  const unsigned char *from = secret_of(key_of(ctx));
  struct ftps_error err;

  ftps_error_clear(&err);
  let_go(&own);
  if (from != NULL && derive_text(from, FOR_DAEMON, secret) == 0 &&
      derive_text(secret, FOR_DAEMON_HOST, own.host) == 0) {
    (void) keep(&own, secret, &err);
  }
  OPENSSL_cleanse(secret, sizeof(secret));
  if (ctx == NULL) {
    ftps_keyarea_unref(open_area);
    open_area = NULL;
  }
}

int ftps_sealkey_get0_own(struct ftps_seal *seal) {
  return fill(&own, seal);
}

void ftps_sealkey_each_own_slot(
    void (*act)(struct ftps_keyarea *area, size_t slot)) {
  if (secret_of(&own) != NULL) {
    act(own.area, own.slot);
  }
}
