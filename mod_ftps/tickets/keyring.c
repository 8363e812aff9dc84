/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keyring.c: see keyring.h.
 */
#include "tickets/keyring.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#define INTERVAL_MAX 3600

#define HASH_SIZE 32
#define INFO_MAX  64

#define LABEL_ID     "mod_ftps ticket id"
#define LABEL_KEYS   "mod_ftps ticket keys"
#define LABEL_HOLDER "mod_ftps ticket holder"

static int hash(const unsigned char *key, const unsigned char *bytes,
    size_t len, unsigned char *out) {
  unsigned int size = 0;

  return HMAC(EVP_sha256(), key, FTPS_TICKET_SECRET_SIZE, bytes, len, out,
             &size) != NULL &&
          size == HASH_SIZE
      ? 0
      : -1;
}

/* HKDF-Expand for two blocks of output; `info` is label || salt. */
static int expand(const unsigned char *secret, const char *label,
    const unsigned char *salt, unsigned char out[2 * HASH_SIZE]) {
  unsigned char text[HASH_SIZE + INFO_MAX];
  size_t len = strlen(label),
         salt_len = salt != NULL ? FTPS_TICKET_SALT_SIZE : 0;
  unsigned char *info = text + HASH_SIZE;
  int res;

  memcpy(info, label, len);
  if (salt != NULL) {
    memcpy(info + len, salt, salt_len);
  }
  len += salt_len;

  info[len] = 1;
  res = hash(secret, info, len + 1, out);
  if (res == 0) {
    memcpy(text, out, HASH_SIZE);
    info[len] = 2;
    res = hash(secret, text, HASH_SIZE + len + 1, out + HASH_SIZE);
  }

  OPENSSL_cleanse(text, sizeof(text));
  return res;
}

size_t ftps_keyring_size(size_t room) {
  return sizeof(struct ftps_keyring) + room * sizeof(struct ftps_ticket_secret);
}

static void remove_at(struct ftps_keyring *ring, size_t i) {
  ring->n--;
  memmove(&ring->secrets[i], &ring->secrets[i + 1],
      (ring->n - i) * sizeof(ring->secrets[0]));
  OPENSSL_cleanse(&ring->secrets[ring->n], sizeof(ring->secrets[0]));
}

/* Returns its position, or `n`. */
static size_t find_bytes(const struct ftps_keyring *ring,
    const unsigned char *secret) {
  size_t i = 0;

  while (i < ring->n &&
      CRYPTO_memcmp(ring->secrets[i].bytes, secret, FTPS_TICKET_SECRET_SIZE) !=
          0) {
    i++;
  }

  return i;
}

int ftps_keyring_add(struct ftps_keyring *ring, const unsigned char *secret,
    int64_t begins, int64_t expires) {
  unsigned char id[2 * HASH_SIZE];
  size_t known = find_bytes(ring, secret), i = 0;
  struct ftps_ticket_secret *place;

  if (ring->room == 0 || expand(secret, LABEL_ID, NULL, id) < 0) {
    return -1;
  }

  if (known < ring->n) {
    remove_at(ring, known);
  } else if (ring->n == ring->room) {
    if (ring->secrets[ring->n - 1].begins > begins) {
      return 0;
    }
    remove_at(ring, ring->n - 1);
  }

  while (i < ring->n && ring->secrets[i].begins > begins) {
    i++;
  }

  place = &ring->secrets[i];
  memmove(place + 1, place, (ring->n - i) * sizeof(*place));
  memcpy(place->bytes, secret, sizeof(place->bytes));
  memcpy(place->id, id, sizeof(place->id));
  place->begins = begins;
  place->expires = expires;
  ring->n++;
  return 0;
}

void ftps_keyring_expire(struct ftps_keyring *ring, int64_t now) {
  for (size_t i = ring->n; i-- > 0;) {
    if (ring->secrets[i].expires <= now) {
      remove_at(ring, i);
    }
  }
}

void ftps_keyring_forget_later(struct ftps_keyring *ring, int64_t latest) {
  while (ring->n > 0 && ring->secrets[0].begins > latest) {
    remove_at(ring, 0);
  }
}

void ftps_keyring_clear(struct ftps_keyring *ring) {
  OPENSSL_cleanse(ring->secrets, ring->n * sizeof(ring->secrets[0]));
  ring->n = 0;
}

void ftps_keyring_set_age(struct ftps_keyring *ring, int64_t age) {
  for (size_t i = 0; i < ring->n; i++) {
    ring->secrets[i].expires = ring->secrets[i].begins + age;
  }
}

const struct ftps_ticket_secret *ftps_keyring_current(const struct ftps_keyring
                                                          *ring,
    int64_t now) {
  for (size_t i = 0; i < ring->n; i++) {
    if (ring->secrets[i].begins <= now) {
      return &ring->secrets[i];
    }
  }

  return ring->n > 0 ? &ring->secrets[ring->n - 1] : NULL;
}

const struct ftps_ticket_secret *ftps_keyring_find(const struct ftps_keyring
                                                       *ring,
    const unsigned char *name, int64_t now) {
  for (size_t i = 0; i < ring->n; i++) {
    if (ring->secrets[i].expires > now &&
        memcmp(ring->secrets[i].id, name, FTPS_TICKET_ID_SIZE) == 0) {
      return &ring->secrets[i];
    }
  }

  return NULL;
}

int ftps_keyring_derive(const struct ftps_ticket_secret *secret,
    const unsigned char *salt, struct ftps_ticket_keys *keys_out) {
  unsigned char keys[2 * HASH_SIZE];
  int res = expand(secret->bytes, LABEL_KEYS, salt, keys);

  if (res == 0) {
    memcpy(keys_out->name, secret->id, FTPS_TICKET_ID_SIZE);
    memcpy(keys_out->name + FTPS_TICKET_ID_SIZE, salt, FTPS_TICKET_SALT_SIZE);
    memcpy(keys_out->aes, keys, HASH_SIZE);
    memcpy(keys_out->hmac, keys + HASH_SIZE, HASH_SIZE);
  }

  OPENSSL_cleanse(keys, sizeof(keys));
  return res;
}

int ftps_keyring_prove(const struct ftps_ticket_secret *secret,
    const unsigned char *name, const unsigned char *holder,
    unsigned char *proof_out) {
  unsigned char text[FTPS_TICKET_NAME_SIZE + FTPS_TICKET_HOLDER_SIZE];
  unsigned char key[2 * HASH_SIZE];
  int res = expand(secret->bytes, LABEL_HOLDER, NULL, key);

  memcpy(text, name, FTPS_TICKET_NAME_SIZE);
  memcpy(text + FTPS_TICKET_NAME_SIZE, holder, FTPS_TICKET_HOLDER_SIZE);
  if (res == 0) {
    res = hash(key, text, sizeof(text), proof_out);
  }

  OPENSSL_cleanse(key, sizeof(key));
  return res;
}

int ftps_keyring_extract(const unsigned char *bytes, size_t len,
    unsigned char *secret_out) {
  static const unsigned char no_salt[FTPS_TICKET_SECRET_SIZE];

  return hash(no_salt, bytes, len, secret_out);
}

int64_t ftps_keyring_interval(int64_t age) {
  return age > INTERVAL_MAX ? INTERVAL_MAX : age - 1;
}

int ftps_keyring_rotate(struct ftps_keyring *ring, int64_t age, int64_t slack,
    int64_t now) {
  const struct ftps_ticket_secret *current;
  unsigned char secret[FTPS_TICKET_SECRET_SIZE];
  int res = -1;

  ftps_keyring_expire(ring, now);
  current = ftps_keyring_current(ring, now);
  if (current != NULL &&
      now + slack < current->begins + ftps_keyring_interval(age)) {
    return 0;
  }

  if (RAND_priv_bytes(secret, sizeof(secret)) == 1) {
    res = ftps_keyring_add(ring, secret, now, now + age);
  }

  OPENSSL_cleanse(secret, sizeof(secret));
  return res;
}
