/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * cache.c: see cache.h.
 *
 * A key of a provider has KEY_SIZE bytes: a letter for the use, the beginning
 * of the virtual host's name, the beginning of a hash of use, host and name.
 * So uses and hosts can be distinguished, session ids cannot be read, and
 * caches made for ids of 32 bytes work as well.
 */
#include "cache/cache.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/clock.h"
#include "base/ctx_index.h"
#include "base/daemon.h"
#include "cache/health.h"
#include "cache/seal.h"
#include "cache/sealkey.h"

#include "conf.h"

#define KEY_SIZE  32U
#define HOST_PART 8U

#define TOO_LATE_MS (4 * FTPS_CACHE_DEADLINE_MS)

#define SEALED_MAX (FTPS_CACHE_VALUE_MAX + FTPS_SEAL_OVERHEAD)

static const struct {
  char letter;
  enum ftps_cache_use use;
} letters[] = { { 's', FTPS_CACHE_USE_SESSION },
  { 'o', FTPS_CACHE_USE_RESPONSE }, { 'k', FTPS_CACHE_USE_KEY } };

#define SESSION_LETTER  (letters[0].letter)
#define RESPONSE_LETTER (letters[1].letter)
#define RING_LETTER     (letters[2].letter)

/* One call of a provider. */
struct question {
  struct ftps_daemon *daemon;
  enum ftps_cache_name which;
  struct ftps_seal seal;
  unsigned char key[KEY_SIZE];
  uint64_t asked; /* ms */
};

static const struct ftps_opened_cache *opened_of(const struct question *q) {
  return &q->daemon->caches->opened[q->which];
}

static struct ftps_health *health_of(const struct question *q) {
  return q->daemon->caches->health;
}

static int name_key(struct question *q) {
  EVP_MD_CTX *ctx = EVP_MD_CTX_new();
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int len = 0;
  int res = -1;

  if (ctx != NULL && EVP_DigestInit_ex2(ctx, EVP_sha256(), NULL) == 1 &&
      EVP_DigestUpdate(ctx, &q->seal.use, 1) == 1 &&
      EVP_DigestUpdate(ctx, q->seal.host, FTPS_SEAL_HOST_SIZE) == 1 &&
      EVP_DigestUpdate(ctx, q->seal.name, q->seal.name_len) == 1 &&
      EVP_DigestFinal_ex(ctx, hash, &len) == 1) {
    q->key[0] = (unsigned char) q->seal.use;
    memcpy(q->key + 1, q->seal.host, HOST_PART);
    memcpy(q->key + 1 + HOST_PART, hash, KEY_SIZE - 1 - HOST_PART);
    res = 0;
  }

  EVP_MD_CTX_free(ctx);
  return res;
}

static bool may_ask(struct question *q) {
  q->asked = ftps_clock_ms();
  return ftps_health_may_ask(health_of(q), q->which, q->asked);
}

/* Sets the other members of `q`.  Returns false if the provider must not be
 * called.
 */
static bool begin(struct question *q) {
  return opened_of(q)->pool != NULL && name_key(q) == 0 && may_ask(q);
}

/* If an answer came much too late, the provider counts as one without an
 * answer.  On a busy machine a process may not run for a while; the provider is
 * not at fault then.
 */
static void end(const struct question *q, enum ftps_cache_result result) {
  uint64_t now = ftps_clock_ms();

  if (result == FTPS_CACHE_UNAVAILABLE || now - q->asked > TOO_LATE_MS) {
    ftps_health_failed(health_of(q), q->which, q->asked, now);
  } else {
    ftps_health_answered(health_of(q), q->which, now);
  }
}

/* The type of put and add. */
typedef enum ftps_cache_result (*keep_fn)(struct ftps_cache *cache,
    const void *key, size_t key_len, const void *value, size_t value_len,
    time_t expires, unsigned int deadline_ms);

static enum ftps_cache_result keep_sealed(struct question *q, bool is_new,
    const unsigned char *sealed, size_t len, time_t expires) {
  const struct ftps_opened_cache *c = opened_of(q);
  keep_fn keep = is_new ? c->ops->add : c->ops->put;
  enum ftps_cache_result result;

  result = keep(c->cache, q->key, KEY_SIZE, sealed, len, expires,
      FTPS_CACHE_DEADLINE_MS);
  end(q, result);
  if (result == FTPS_CACHE_OK) {
    ftps_health_count(health_of(q), q->which, FTPS_HEALTH_STORE);
  }

  return result;
}

static bool has_room(const struct ftps_opened_cache *c, size_t len) {
  return c->pool != NULL && len <= FTPS_CACHE_VALUE_MAX &&
      (c->ops->max_value == 0 || len + FTPS_SEAL_OVERHEAD <= c->ops->max_value);
}

static enum ftps_cache_result keep(struct question *q, bool is_new,
    const struct ftps_cache_value *value) {
  enum ftps_cache_result result = FTPS_CACHE_UNAVAILABLE;
  unsigned char sealed[SEALED_MAX];
  size_t n;

  if (!has_room(opened_of(q), value->len) ||
      (is_new && opened_of(q)->ops->add == NULL)) {
    return FTPS_CACHE_UNAVAILABLE;
  }

  n = ftps_seal_close(&q->seal, value->bytes, value->len, value->expires,
      sealed);
  if (n > 0 && begin(q)) {
    result = keep_sealed(q, is_new, sealed, n, value->expires);
  }

  return result;
}

static void delete (const struct question *q) {
  const struct ftps_opened_cache *c = opened_of(q);

  end(q, c->ops->del(c->cache, q->key, KEY_SIZE, FTPS_CACHE_DEADLINE_MS));
}

static void count_found(const struct question *q, bool is_read,
    bool is_opened) {
  ftps_health_count(health_of(q), q->which,
      is_opened ? FTPS_HEALTH_HIT : FTPS_HEALTH_MISS);
  if (is_read && !is_opened) {
    ftps_health_count(health_of(q), q->which, FTPS_HEALTH_UNREADABLE);
  }
}

/* A value that does not open now will never open.  It must not prevent add from
 * storing another value.
 */
static enum ftps_cache_result open_found(struct question *q,
    const unsigned char *sealed, size_t sealed_len, unsigned char *value,
    size_t *len) {
  size_t n = 0;

  if (sealed_len <= *len + FTPS_SEAL_OVERHEAD) {
    n = ftps_seal_open(&q->seal, sealed, sealed_len, time(NULL), value);
  }

  count_found(q, true, n > 0);
  if (n == 0 && may_ask(q)) {
    delete (q);
  }

  *len = n;
  return n > 0 ? FTPS_CACHE_OK : FTPS_CACHE_MISS;
}

static enum ftps_cache_result find(struct question *q, unsigned char *value,
    size_t *len) {
  unsigned char sealed[SEALED_MAX];
  size_t sealed_len = sizeof(sealed);
  const struct ftps_opened_cache *c = opened_of(q);
  enum ftps_cache_result result;

  if (!begin(q)) {
    *len = 0;
    return FTPS_CACHE_UNAVAILABLE;
  }

  result = c->ops->get(c->cache, q->key, KEY_SIZE, sealed, &sealed_len,
      FTPS_CACHE_DEADLINE_MS);
  end(q, result);
  if (result == FTPS_CACHE_OK && sealed_len <= sizeof(sealed)) {
    return open_found(q, sealed, sealed_len, value, len);
  }

  *len = 0;
  if (result != FTPS_CACHE_UNAVAILABLE) {
    count_found(q, result == FTPS_CACHE_OK, false);
    result = FTPS_CACHE_MISS;
  }
  return result;
}

/* Returns -1 if there is no secret for it. */
static int ask_session(struct question *q, const SSL_CTX *ctx,
    const unsigned char *id, size_t id_len) {
  q->daemon = ftps_ctx_index_daemon(ctx);
  q->which = FTPS_CACHE_SESSIONS;
  q->seal.use = SESSION_LETTER;
  q->seal.name = id;
  q->seal.name_len = id_len;
  return ftps_sealkey_get0(ctx, &q->seal);
}

/* Returns -1 if the daemon has no secret number `i`, or none for this use. */
static int ask_own(struct question *q, char letter, const char *name,
    size_t i) {
  q->which =
      letter == RESPONSE_LETTER ? FTPS_CACHE_RESPONSES : FTPS_CACHE_SESSIONS;
  q->seal.use = letter;
  q->seal.name = name;
  q->seal.name_len = strlen(name);
  if (letter == RING_LETTER &&
      ftps_sealkey_own_source(q->daemon) != FTPS_SEALKEY_FILE) {
    return -1;
  }

  return ftps_sealkey_get0_own(q->daemon, i, &q->seal);
}

/* Also finds a value that was stored before the secret was changed.  A cache
 * that is slow is not asked once for each secret. *len: size of the buffer in,
 * size of the value out.
 */
static enum ftps_cache_result find_own(struct ftps_daemon *daemon, char letter,
    const char *name, unsigned char *value, size_t *len) {
  enum ftps_cache_result result = FTPS_CACHE_UNAVAILABLE;
  uint64_t until = ftps_clock_ms() + FTPS_CACHE_DEADLINE_MS;
  size_t room = *len;
  struct question q = { .daemon = daemon };

  *len = 0;
  for (size_t i = 0; ask_own(&q, letter, name, i) == 0; i++) {
    if (ftps_clock_ms() >= until) {
      return FTPS_CACHE_UNAVAILABLE;
    }
    *len = room;
    result = find(&q, value, len);
    if (result != FTPS_CACHE_MISS) {
      break;
    }
  }

  return result;
}

void ftps_cache_put_session(SSL_CTX *ctx, const unsigned char *id,
    size_t id_len, const struct ftps_cache_value *value) {
  struct question q;

  if (ask_session(&q, ctx, id, id_len) == 0) {
    (void) keep(&q, false, value);
  }
}

size_t ftps_cache_get_session(SSL_CTX *ctx, const unsigned char *id,
    size_t id_len, unsigned char *value, size_t room) {
  struct question q;
  size_t len = room;

  if (ask_session(&q, ctx, id, id_len) < 0 ||
      find(&q, value, &len) != FTPS_CACHE_OK) {
    return 0;
  }

  return len;
}

void ftps_cache_del_session(SSL_CTX *ctx, const unsigned char *id,
    size_t id_len) {
  struct question q;

  /* The secret may be gone; it is not needed to find the entry. */
  (void) ask_session(&q, ctx, id, id_len);
  if (q.seal.host != NULL && begin(&q)) {
    delete (&q);
  }
}

void ftps_cache_put_response(struct ftps_daemon *daemon,
    const char *fingerprint, const unsigned char *der, size_t len,
    time_t expires) {
  const struct ftps_cache_value value = { der, len, expires };
  struct question q = { .daemon = daemon };

  if (ask_own(&q, RESPONSE_LETTER, fingerprint, 0) == 0) {
    (void) keep(&q, false, &value);
  }
}

size_t ftps_cache_get_response(struct ftps_daemon *daemon,
    const char *fingerprint, unsigned char *der, size_t room) {
  size_t len = room;

  return find_own(daemon, RESPONSE_LETTER, fingerprint, der, &len) ==
          FTPS_CACHE_OK
      ? len
      : 0;
}

enum ftps_cache_result ftps_cache_add_key(struct ftps_daemon *daemon,
    const char *name, const unsigned char *key, size_t len, time_t expires) {
  const struct ftps_cache_value value = { key, len, expires };
  struct question q = { .daemon = daemon };

  if (ask_own(&q, RING_LETTER, name, 0) < 0) {
    return FTPS_CACHE_UNAVAILABLE;
  }

  return keep(&q, true, &value);
}

enum ftps_cache_result ftps_cache_get_key(struct ftps_daemon *daemon,
    const char *name, unsigned char *key, size_t *len) {
  return find_own(daemon, RING_LETTER, name, key, len);
}

enum ftps_cache_use ftps_cache_use_of(const void *key, size_t key_len) {
  const char *letter = key;

  for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
    if (key_len == KEY_SIZE && *letter == letters[i].letter) {
      return letters[i].use;
    }
  }

  return FTPS_CACHE_USE_OTHER;
}
