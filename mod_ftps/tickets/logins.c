/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * logins.c: see logins.h.
 *
 * The table has sets of a few slots.  The name of a record chooses the set; a
 * new record takes the place of an older one of the same name, or of the one
 * that is worth least.  Nothing is locked: a reader copies a slot first, and a
 * copy that is half old and half new does not open.
 */
#include "tickets/logins.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/clock.h"
#include "base/pages.h"

#define KEY_SIZE   32
#define NONCE_SIZE 12
#define TAG_SIZE   16
#define VALUE_SIZE 64
#define SETS       512U
#define WAYS       8U

/* As long as clients keep a ticket (vhost/context.c). */
#define RECORD_LIFETIME_MS (24ULL * 60 * 60 * 1000)

#define LABEL_ADDRESS "mod_ftps login address"
#define LABEL_LOGIN   "mod_ftps login"
#define TEXT_MAX      128

struct slot {
  unsigned char name[FTPS_TICKET_NAME_SIZE];
  unsigned char nonce[NONCE_SIZE];
  unsigned char sealed[VALUE_SIZE + TAG_SIZE];
  uint8_t is_announced; /* not 0: nothing is sealed yet */
  int32_t owner;        /* a process; 0: it has ended */
  uint64_t made;        /* ms; 0: the slot is empty */
};

enum progress {
  PROGRESS_SECRET, /* `key` is the secret of the daemon */
  PROGRESS_ADDRESS,
  PROGRESS_LOGIN,
  PROGRESS_NONE /* no login will be known */
};

struct ftps_logins {
  struct slot *table;     /* SETS * WAYS, shared by all sessions */
  unsigned char *key;     /* a page of this process */
  enum progress progress; /* what the key is */
};

void ftps_logins_lock(const struct ftps_logins *logins) {
  if (logins != NULL) {
    (void) mlock(logins->key, KEY_SIZE);
  }
}

struct ftps_logins *ftps_logins_new(void) {
  struct ftps_logins *logins = OPENSSL_zalloc(sizeof(*logins));

  if (logins == NULL) {
    return NULL;
  }

  logins->table =
      ftps_pages_secret(SETS * WAYS * sizeof(struct slot), MAP_SHARED);
  logins->key = ftps_pages_secret(KEY_SIZE, MAP_PRIVATE);
  if (logins->table == NULL || logins->key == NULL ||
      RAND_priv_bytes(logins->key, KEY_SIZE) != 1) {
    ftps_logins_free(logins);
    return NULL;
  }

  ftps_logins_lock(logins);
  return logins;
}

void ftps_logins_free(struct ftps_logins *logins) {
  if (logins == NULL) {
    return;
  }

  if (logins->table != NULL) {
    (void) munmap(logins->table, SETS * WAYS * sizeof(struct slot));
  }
  if (logins->key != NULL) {
    (void) munmap(logins->key, KEY_SIZE);
  }
  OPENSSL_free(logins);
}

/* The key becomes HMAC(key, label || bytes), or zeros if that fails. */
static void derive(struct ftps_logins *logins, const char *label,
    const void *bytes, size_t len, enum progress next) {
  unsigned char text[TEXT_MAX];
  unsigned char hash[EVP_MAX_MD_SIZE];
  size_t label_len = strlen(label);
  unsigned int hash_len = 0;

  if (len > 0 && label_len + len <= sizeof(text)) {
    /* NOLINTNEXTLINE: the lengths count, not a NUL */
    memcpy(text, label, label_len);
    memcpy(text + label_len, bytes, len);
    if (HMAC(EVP_sha256(), logins->key, KEY_SIZE, text, label_len + len, hash,
            &hash_len) == NULL) {
      hash_len = 0;
    }
  }

  OPENSSL_cleanse(logins->key, KEY_SIZE);
  logins->progress = hash_len == KEY_SIZE ? next : PROGRESS_NONE;
  if (hash_len == KEY_SIZE) {
    memcpy(logins->key, hash, KEY_SIZE);
    OPENSSL_cleanse(hash, sizeof(hash));
  }
}

void ftps_logins_begin(struct ftps_logins *logins, const void *address,
    size_t len) {
  if (logins != NULL && logins->progress == PROGRESS_SECRET) {
    ftps_logins_lock(logins);
    derive(logins, LABEL_ADDRESS, address, len, PROGRESS_ADDRESS);
  }
}

void ftps_logins_enter(struct ftps_logins *logins, const void *identity,
    size_t len) {
  if (logins == NULL) {
    return;
  }

  derive(logins, LABEL_LOGIN, identity,
      logins->progress == PROGRESS_ADDRESS ? len : 0, PROGRESS_LOGIN);
}

bool ftps_logins_is_entered(const struct ftps_logins *logins) {
  return logins != NULL && logins->progress == PROGRESS_LOGIN;
}

/* All names end in random bytes. */
static struct slot *get0_set(const struct ftps_logins *logins,
    const unsigned char *name) {
  size_t i = (size_t) name[FTPS_TICKET_NAME_SIZE - 1] << 8 |
      name[FTPS_TICKET_NAME_SIZE - 2];

  return &logins->table[i % SETS * WAYS];
}

static EVP_CIPHER_CTX *start(const struct ftps_logins *logins,
    const struct slot *slot, enum ftps_logins_use use, int is_sealing) {
  EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
  const unsigned char kind = (unsigned char) use;
  int n;

  if (ctx == NULL ||
      EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), logins->key, slot->nonce,
          is_sealing, NULL) != 1 ||
      EVP_CipherUpdate(ctx, NULL, &n, &kind, 1) != 1 ||
      EVP_CipherUpdate(ctx, NULL, &n, slot->name, sizeof(slot->name)) != 1) {
    EVP_CIPHER_CTX_free(ctx);
    return NULL;
  }

  return ctx;
}

static bool seal(const struct ftps_logins *logins, struct slot *slot,
    enum ftps_logins_use use, const struct ftps_ticket_keys *keys) {
  EVP_CIPHER_CTX *ctx;
  int n = 0, more = 0, rest = 0;
  bool is_done;

  memcpy(slot->name, keys->name, sizeof(slot->name));
  if (RAND_bytes(slot->nonce, sizeof(slot->nonce)) != 1) {
    return false;
  }

  ctx = start(logins, slot, use, 1);
  is_done = ctx != NULL &&
      EVP_CipherUpdate(ctx, slot->sealed, &n, keys->aes, sizeof(keys->aes)) ==
          1 &&
      EVP_CipherUpdate(ctx, slot->sealed + n, &more, keys->hmac,
          sizeof(keys->hmac)) == 1 &&
      n + more == VALUE_SIZE &&
      EVP_CipherFinal_ex(ctx, slot->sealed + VALUE_SIZE, &rest) == 1 &&
      EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE,
          slot->sealed + VALUE_SIZE) == 1;
  EVP_CIPHER_CTX_free(ctx);
  return is_done;
}

/* `slot` is a copy. */
static bool open_slot(const struct ftps_logins *logins, struct slot *slot,
    enum ftps_logins_use use, struct ftps_ticket_keys *keys_out) {
  EVP_CIPHER_CTX *ctx = start(logins, slot, use, 0);
  unsigned char value[VALUE_SIZE];
  int n = 0, rest = 0;
  bool is_done;

  is_done = ctx != NULL &&
      EVP_CipherUpdate(ctx, value, &n, slot->sealed, VALUE_SIZE) == 1 &&
      n == VALUE_SIZE &&
      EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE,
          slot->sealed + VALUE_SIZE) == 1 &&
      EVP_CipherFinal_ex(ctx, value + n, &rest) == 1;
  EVP_CIPHER_CTX_free(ctx);
  if (is_done) {
    memcpy(keys_out->name, slot->name, sizeof(keys_out->name));
    memcpy(keys_out->aes, value, sizeof(keys_out->aes));
    memcpy(keys_out->hmac, value + sizeof(keys_out->aes),
        sizeof(keys_out->hmac));
  }

  OPENSSL_cleanse(value, sizeof(value));
  return is_done;
}

/* The copy has the name, and is not too old. */
static bool copy_slot(const struct slot *from, const unsigned char *name,
    struct slot *copy_out) {
  *copy_out = *from;
  return copy_out->made != 0 &&
      ftps_clock_ms() - copy_out->made <= RECORD_LIFETIME_MS &&
      memcmp(copy_out->name, name, sizeof(copy_out->name)) == 0;
}

static bool find(const struct ftps_logins *logins, enum ftps_logins_use use,
    const unsigned char *name, struct ftps_ticket_keys *keys_out) {
  const struct slot *set = get0_set(logins, name);
  struct slot copy;

  for (size_t i = 0; i < WAYS; i++) {
    if (copy_slot(&set[i], name, &copy) && copy.is_announced == 0 &&
        open_slot(logins, &copy, use, keys_out)) {
      return true;
    }
  }

  return false;
}

static bool is_alive(int32_t process) {
  return process > 0 && (kill(process, 0) == 0 || errno == EPERM);
}

/* Another living session has a record of this name, or has announced one.  A
 * session that was killed may have had our process id.
 */
static bool is_taken(const struct ftps_logins *logins,
    const unsigned char *name, bool is_announced) {
  const struct slot *set = get0_set(logins, name);
  int32_t self = (int32_t) getpid();
  struct slot copy;

  for (size_t i = 0; i < WAYS; i++) {
    if (copy_slot(&set[i], name, &copy) &&
        (copy.is_announced != 0) == is_announced && copy.owner != self &&
        is_alive(copy.owner)) {
      return true;
    }
  }

  return false;
}

/* What is lost with a slot.  A living session needs its record as long as its
 * client stays.  One that has ended has clients that still offer its ticket.
 * What strangers announce counts less than a login.
 */
enum worth {
  WORTH_NOTHING,
  WORTH_ENDED,
  WORTH_ANNOUNCED,
  WORTH_LOGIN
};

static enum worth judge_slot(const struct slot *slot, uint64_t now) {
  bool is_announced = slot->is_announced != 0;

  if (slot->made == 0 || now - slot->made > RECORD_LIFETIME_MS) {
    return WORTH_NOTHING;
  }
  if (!is_alive(slot->owner)) {
    return is_announced ? WORTH_NOTHING : WORTH_ENDED;
  }

  return is_announced ? WORTH_ANNOUNCED : WORTH_LOGIN;
}

/* Returns NULL if there is none. */
static struct slot *find_slot(const struct ftps_logins *logins,
    const unsigned char *name) {
  struct slot *set = get0_set(logins, name);

  for (size_t i = 0; i < WAYS; i++) {
    if (set[i].made != 0 &&
        memcmp(set[i].name, name, sizeof(set[i].name)) == 0) {
      return &set[i];
    }
  }

  return NULL;
}

static struct slot *choose_slot(const struct ftps_logins *logins,
    const unsigned char *name) {
  struct slot *known = find_slot(logins, name);
  struct slot *set = get0_set(logins, name), *least = set;
  uint64_t now = ftps_clock_ms();
  enum worth worth = WORTH_LOGIN;

  for (size_t i = 0; i < WAYS && known == NULL; i++) {
    enum worth other = judge_slot(&set[i], now);

    if (other < worth || (other == worth && set[i].made < least->made)) {
      least = &set[i];
      worth = other;
    }
  }

  return known != NULL ? known : least;
}

void ftps_logins_announce(struct ftps_logins *logins,
    const unsigned char *name) {
  struct slot slot = { .is_announced = 1,
    .owner = (int32_t) getpid(),
    .made = ftps_clock_ms() };

  if (logins != NULL && logins->progress < PROGRESS_LOGIN &&
      !is_taken(logins, name, false)) {
    memcpy(slot.name, name, sizeof(slot.name));
    *choose_slot(logins, name) = slot;
  }
}

/* Returns the slot of this name if it is this session's, or NULL. */
static struct slot *find_own(const struct ftps_logins *logins,
    const unsigned char *name) {
  struct slot *slot = logins != NULL ? find_slot(logins, name) : NULL;

  return slot != NULL && slot->owner == (int32_t) getpid() ? slot : NULL;
}

void ftps_logins_withdraw(struct ftps_logins *logins,
    const unsigned char *name) {
  struct slot *slot = find_own(logins, name);

  if (slot != NULL && slot->is_announced != 0) {
    memset(slot, 0, sizeof(*slot));
  }
}

void ftps_logins_leave(struct ftps_logins *logins, const unsigned char *name) {
  struct slot *slot = find_own(logins, name);

  if (slot != NULL) {
    slot->owner = 0;
  }
}

bool ftps_logins_is_announced(const struct ftps_logins *logins,
    const unsigned char *name) {
  return ftps_logins_is_entered(logins) && is_taken(logins, name, true);
}

void ftps_logins_add(struct ftps_logins *logins, enum ftps_logins_use use,
    const struct ftps_ticket_keys *keys) {
  struct slot slot = { .owner = (int32_t) getpid(), .made = ftps_clock_ms() };

  if (ftps_logins_is_entered(logins) && seal(logins, &slot, use, keys)) {
    *choose_slot(logins, keys->name) = slot;
  }
}

bool ftps_logins_claim(struct ftps_logins *logins, enum ftps_logins_use use,
    const struct ftps_ticket_keys *keys) {
  struct ftps_ticket_keys known;
  bool is_ours;

  if (!ftps_logins_is_entered(logins)) {
    return false;
  }

  is_ours = find(logins, use, keys->name, &known) ||
      !is_taken(logins, keys->name, false);
  OPENSSL_cleanse(&known, sizeof(known));
  if (is_ours) {
    ftps_logins_add(logins, use, keys);
  }
  return is_ours;
}

bool ftps_logins_find(const struct ftps_logins *logins,
    enum ftps_logins_use use, const unsigned char *name,
    struct ftps_ticket_keys *keys_out) {
  return ftps_logins_is_entered(logins) && find(logins, use, name, keys_out);
}
