/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * sealkey.c: see sealkey.h.
 *
 * A slot has room for FTPS_SEAL_SECRETS_MAX secrets of sessions, followed by as
 * many of the daemon.
 */
#include "cache/sealkey.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/bytes.h"
#include "base/ctx_index.h"
#include "base/daemon.h"
#include "cache/secrets.h"
#include "keys/keyarea.h"
#include "keys/keynumbers.h"

#define FOR_DAEMON_HOST "mod_ftps: host of the daemon, 1"
#define FOR_RANDOM      "mod_ftps: from the random secret, 1"

/* Two hosts with a secret file are one server if they have the same name, port
 * and policies.  A name made from the secret would change with the secret.
 */
#define NAME_OF_FILE "TLSCacheSecretFile"

#define NAME_SIZE (2 * FTPS_SEAL_SECRET_SIZE + 1)
#define AREA_SIZE (FTPS_SEAL_SECRETS_MAX * FTPS_SEAL_SECRET_SIZE)

struct sealkey {
  struct ftps_daemon *daemon;
  struct ftps_keyarea *area; /* NULL: no secret, or nothing to seal */
  size_t slot;
  size_t count; /* the number of secrets of each of the two kinds */
  enum ftps_sealkey_source source;
  unsigned char host[FTPS_SEAL_SECRETS_MAX][FTPS_SEAL_HOST_SIZE];
  char name[NAME_SIZE]; /* empty: no secret */
};

/* The content of a slot. */
struct secrets {
  size_t count;
  struct ftps_secret each[FTPS_SEAL_SECRETS_MAX];
};

/* Not attached to a context: the daemon's own secrets, and the random one from
 * which the secrets of caches in memory are derived.
 */
struct ftps_sealkeys {
  struct sealkey own;
  struct sealkey random;
  struct ftps_keyarea *open_area; /* gets the next secret; or NULL */
};

int ftps_sealkey_init(struct ftps_daemon *daemon) {
  if (daemon->sealkeys == NULL) {
    daemon->sealkeys = OPENSSL_zalloc(sizeof(*daemon->sealkeys));
  }
  if (daemon->sealkeys == NULL) {
    return -1;
  }

  daemon->sealkeys->own.daemon = daemon;
  daemon->sealkeys->random.daemon = daemon;
  return 0;
}

static void let_go(struct sealkey *key) {
  ftps_keyarea_drop(key->area, key->slot);
  ftps_keyarea_unref(key->area);
  key->area = NULL;
  key->count = 0;
}

static void free_key(void *data) {
  let_go(data);
  OPENSSL_free(data);
}

static struct sealkey *key_of(const SSL_CTX *ctx) {
  return ftps_ctx_index_get(ctx, FTPS_CTX_SEALKEY);
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

static int keep(struct sealkey *key, const struct secrets *secrets,
    struct ftps_error *err) {
  unsigned char bytes[FTPS_KEYNUMBERS_SIZE] = { 0 };

  for (size_t i = 0; i < secrets->count; i++) {
    unsigned char *at = bytes + i * FTPS_SEAL_SECRET_SIZE;

    memcpy(at, secrets->each[i].sessions, FTPS_SEAL_SECRET_SIZE);
    memcpy(at + AREA_SIZE, secrets->each[i].daemon, FTPS_SEAL_SECRET_SIZE);
  }

  key->area = ftps_keyarea_add(key->daemon, &key->daemon->sealkeys->open_area,
      bytes, &key->slot, err);
  key->count = key->area != NULL ? secrets->count : 0;
  OPENSSL_cleanse(bytes, sizeof(bytes));
  return key->area != NULL ? 0 : -1;
}

/* Returns NULL if there are none, or none any more in this process. */
static const unsigned char *sessions_of(const struct sealkey *key) {
  return key != NULL && key->count > 0 ? ftps_keyarea_get0(key->area, key->slot)
                                       : NULL;
}

static const unsigned char *daemon_of(const struct sealkey *key) {
  const unsigned char *sessions = sessions_of(key);

  return sessions != NULL ? sessions + AREA_SIZE : NULL;
}

/* A session that has dropped the random secret must not make a new one. */
static const unsigned char *get0_random(struct sealkey *key,
    struct ftps_error *err) {
  struct secrets fresh = { .count = 1 };

  if (key->area == NULL) {
    if (RAND_priv_bytes(fresh.each[0].sessions, FTPS_SEAL_SECRET_SIZE) != 1) {
      ftps_error_set_ssl(err, "making the secret for caches");
      return NULL;
    }
    (void) keep(key, &fresh, err);
    OPENSSL_cleanse(&fresh, sizeof(fresh));
  }

  return sessions_of(key);
}

/* The sessions of each virtual host get a secret of their own. */
static int use_random(struct ftps_daemon *daemon,
    const struct ftps_settings *settings, struct secrets *secrets,
    struct ftps_error *err) {
  const unsigned char *secret = get0_random(&daemon->sealkeys->random, err);
  char text[4096];
  int n = snprintf(text, sizeof(text), FOR_RANDOM "|%u|%s", settings->port,
      settings->server_name);

  if (secret == NULL || n < 0 || (size_t) n >= sizeof(text) ||
      derive_text(secret, text, secrets->each[0].sessions) < 0) {
    ftps_error_set_ssl(err, "deriving the secret for caches");
    return -1;
  }

  if (secrets->count == 0) {
    secrets->count = 1;
    return derive_text(secret, FOR_RANDOM, secrets->each[0].daemon);
  }
  return 0;
}

static void name_key(struct sealkey *key, const struct secrets *secrets) {
  const unsigned char *name = secrets->each[0].name;

  if (key->source == FTPS_SEALKEY_FILE) {
    (void) snprintf(key->name, sizeof(key->name), "%s", NAME_OF_FILE);
    return;
  }

  if (secrets->count > 0) {
    ftps_bytes_to_hex(name, FTPS_SEAL_SECRET_SIZE, key->name);
  }
}

static int find_secrets(struct sealkey *key,
    const struct ftps_sealkey_props *props, struct secrets *secrets,
    struct ftps_error *err) {
  const char *path = props->settings->cache_secret_file;
  int n;

  if (path != NULL) {
    n = ftps_secrets_read(path, secrets->each, err);
    key->source = FTPS_SEALKEY_FILE;
  } else {
    n = ftps_secrets_of_keys(props->pairs, &secrets->each[0], err);
    key->source = n > 0 ? FTPS_SEALKEY_PRIVATE_KEY : FTPS_SEALKEY_NONE;
  }
  if (n < 0) {
    return -1;
  }

  secrets->count = (size_t) n;
  name_key(key, secrets);
  if (path != NULL || !props->is_kept || !props->is_local) {
    return 0;
  }

  key->source = FTPS_SEALKEY_RANDOM;
  return use_random(key->daemon, props->settings, secrets, err);
}

int ftps_sealkey_set(SSL_CTX *ctx, const struct ftps_sealkey_props *props,
    struct ftps_error *err) {
  struct secrets secrets = { .count = 0 };
  struct sealkey *key;
  int res;

  key = OPENSSL_zalloc(sizeof(*key));
  if (key == NULL) {
    ftps_error_set_errno(err, ENOMEM, "memory for the secret for caches");
    return -1;
  }

  key->daemon = ftps_ctx_index_daemon(ctx);
  ftps_ctx_index_set(ctx, FTPS_CTX_SEALKEY, key, free_key);
  res = find_secrets(key, props, &secrets, err);
  if (res == 0 && props->is_kept && secrets.count > 0) {
    res = keep(key, &secrets, err);
  }
  OPENSSL_cleanse(&secrets, sizeof(secrets));
  return res;
}

enum ftps_sealkey_source ftps_sealkey_source(const SSL_CTX *ctx) {
  const struct sealkey *key = key_of(ctx);

  return key != NULL ? key->source : FTPS_SEALKEY_NONE;
}

const char *ftps_sealkey_name(const SSL_CTX *ctx) {
  const struct sealkey *key = key_of(ctx);

  return key != NULL ? key->name : "";
}

void ftps_sealkey_set_host(SSL_CTX *ctx, const unsigned char *host) {
  struct sealkey *key = key_of(ctx);

  if (key != NULL) {
    memcpy(key->host[0], host, FTPS_SEAL_HOST_SIZE);
  }
}

int ftps_sealkey_get0(const SSL_CTX *ctx, struct ftps_seal *seal) {
  const struct sealkey *key = key_of(ctx);

  seal->secrets = sessions_of(key);
  seal->count = key != NULL ? key->count : 0;
  seal->host = key != NULL ? key->host[0] : NULL;
  return seal->secrets != NULL ? 0 : -1;
}

static void act_on(const struct sealkey *key,
    void (*act)(struct ftps_keyarea *area, size_t slot)) {
  if (sessions_of(key) != NULL) {
    act(key->area, key->slot);
  }
}

void ftps_sealkey_each_slot(const SSL_CTX *ctx,
    void (*act)(struct ftps_keyarea *area, size_t slot)) {
  act_on(key_of(ctx), act);
}

static void copy_own(struct sealkey *own, const struct sealkey *from) {
  const unsigned char *secret = daemon_of(from);
  struct secrets secrets = { .count = 0 };
  struct ftps_error unused;
  int res = 0;

  for (size_t i = 0; secret != NULL && i < from->count; i++) {
    memcpy(secrets.each[i].daemon, secret + i * FTPS_SEAL_SECRET_SIZE,
        FTPS_SEAL_SECRET_SIZE);
    res += derive_text(secrets.each[i].daemon, FOR_DAEMON_HOST, own->host[i]);
    secrets.count++;
  }

  ftps_error_clear(&unused);
  if (secrets.count > 0 && res == 0 && keep(own, &secrets, &unused) == 0) {
    own->source = from->source;
  }
  OPENSSL_cleanse(&secrets, sizeof(secrets));
}

void ftps_sealkey_derive_own(struct ftps_daemon *daemon, const SSL_CTX *ctx) {
  struct ftps_sealkeys *keys = daemon->sealkeys;

  let_go(&keys->own);
  keys->own.source = FTPS_SEALKEY_NONE;
  copy_own(&keys->own, key_of(ctx));
  if (ctx == NULL) {
    let_go(&keys->random);
    ftps_keyarea_unref(keys->open_area);
    keys->open_area = NULL;
  }
}

enum ftps_sealkey_source ftps_sealkey_own_source(
    const struct ftps_daemon *daemon) {
  return daemon->sealkeys->own.source;
}

int ftps_sealkey_get0_own(const struct ftps_daemon *daemon, size_t i,
    struct ftps_seal *seal) {
  const struct sealkey *own = &daemon->sealkeys->own;
  const unsigned char *secret = daemon_of(own);

  if (secret == NULL || i >= own->count) {
    return -1;
  }

  seal->secrets = secret + i * FTPS_SEAL_SECRET_SIZE;
  seal->count = 1;
  seal->host = own->host[i];
  return 0;
}

void ftps_sealkey_each_own_slot(const struct ftps_daemon *daemon,
    void (*act)(struct ftps_keyarea *area, size_t slot)) {
  act_on(&daemon->sealkeys->own, act);
}

void ftps_sealkey_each_random_slot(const struct ftps_daemon *daemon,
    void (*act)(struct ftps_keyarea *area, size_t slot)) {
  act_on(&daemon->sealkeys->random, act);
}
