/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * cache.c: see cache.h.
 *
 * A key of a provider is KEY_SIZE bytes: a letter for the use, the beginning of
 * the virtual host's name, the beginning of a hash of use, host and name.  So
 * uses and hosts can be told apart, session ids cannot be read, and caches made
 * for ids of 32 bytes serve as well.
 */
#include "cache/cache.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/clock.h"
#include "base/daemon.h"
#include "cache/health.h"
#include "cache/mod_tls_cache.h"
#include "cache/providers.h"
#include "cache/seal.h"
#include "cache/sealkey.h"

#include "conf.h"
#include "privs.h"

#define KEY_SIZE  32U
#define HOST_PART 8U

#define TOO_LATE_MS (4 * FTPS_CACHE_DEADLINE_MS)

#define SEALED_MAX (FTPS_CACHE_VALUE_MAX + FTPS_SEAL_OVERHEAD)

/* An open cache. */
struct opened {
  pool *pool; /* of this; NULL: not open */
  const struct ftps_cache_ops *ops;
  struct ftps_cache *cache;
  const char *type;
  const char *info;
};

static struct opened caches[FTPS_CACHE_NAMES];

/* By cache: what providers call the use, and the directive. */
static const struct {
  const char *space;
  const char *directive;
  enum ftps_mod_tls_kind kind;
} names[FTPS_CACHE_NAMES] = { { "sess", "TLSSessionCache",
                                  FTPS_MOD_TLS_SESSIONS },
  { "ocsp", "TLSStaplingCache", FTPS_MOD_TLS_RESPONSES } };

static const struct {
  char letter;
  enum ftps_cache_use use;
} letters[] = { { 's', FTPS_CACHE_USE_SESSION },
  { 'o', FTPS_CACHE_USE_RESPONSE }, { 'k', FTPS_CACHE_USE_KEY } };

#define SESSION_LETTER  (letters[0].letter)
#define RESPONSE_LETTER (letters[1].letter)
#define RING_LETTER     (letters[2].letter)

/* Modules made for mod_tls come second: ours answer to their names. */
static const struct ftps_cache_ops *find_ops(enum ftps_cache_name cache,
    const char *type) {
  const struct ftps_cache_ops *ops = ftps_providers_get0(type);

  return ops != NULL ? ops
                     : ftps_mod_tls_store_get0_ops(names[cache].kind, type);
}

bool ftps_cache_has_type(enum ftps_cache_name cache, const char *type,
    size_t len) {
  char name[64];

  if (len >= sizeof(name)) {
    return false;
  }

  memcpy(name, type, len);
  name[len] = '\0';
  return find_ops(cache, name) != NULL;
}

static int open_cache(enum ftps_cache_name which,
    const struct ftps_cache_choice *choice, struct opened *opened_out,
    struct ftps_error *err) {
  const struct ftps_cache_ops *ops = find_ops(which, choice->type);
  const char *why = "the cache says no reason";
  pool *p;

  if (ops == NULL) {
    ftps_error_set(err,
        "%s %s:%s: the module of this type is not loaded any more; load it "
        "again, or write \"%s off\"",
        names[which].directive, choice->type, choice->info,
        names[which].directive);
    return -1;
  }

  p = make_sub_pool(permanent_pool);
  pr_pool_tag(p, "mod_ftps cache");
  opened_out->pool = p;
  opened_out->ops = ops;
  opened_out->type = pstrdup(p, choice->type);
  opened_out->info = pstrdup(p, choice->info);
  opened_out->cache = ops->create != NULL
      ? ops->create(p, names[which].space, opened_out->info, &why)
      : ftps_mod_tls_store_create(p, names[which].kind, opened_out->type,
            opened_out->info);
  if (opened_out->cache == NULL) {
    ftps_error_set(err, "%s %s:%s: %s", names[which].directive, choice->type,
        choice->info, why);
    destroy_pool(p);
    opened_out->pool = NULL;
    return -1;
  }

  return 0;
}

static void close_cache(struct opened *opened) {
  if (opened->pool != NULL) {
    opened->ops->destroy(opened->cache);
    destroy_pool(opened->pool);
    opened->pool = NULL;
  }
}

/* 0, or 1 for a fault. */
static int reopen(enum ftps_cache_name which,
    const struct ftps_cache_choice *choice, ftps_report report) {
  struct opened coming = { 0 };
  struct ftps_error err;

  ftps_error_clear(&err);
  if (choice->type != NULL && open_cache(which, choice, &coming, &err) < 0) {
    report(FTPS_SEVERITY_FAULT, err.text);
    return 1;
  }

  close_cache(&caches[which]);
  caches[which] = coming;
  return 0;
}

int ftps_cache_open(const struct ftps_cache_choice *choices,
    ftps_report report) {
  int faults = 0;

  /* Without the page there are no counts and no back-off. */
  (void) ftps_health_init();

  PRIVS_ROOT
  for (int i = 0; i < FTPS_CACHE_NAMES; i++) {
    faults += reopen((enum ftps_cache_name) i, &choices[i], report);
  }
  PRIVS_RELINQUISH
  return faults;
}

void ftps_cache_close(void) {
  for (size_t i = 0; i < FTPS_CACHE_NAMES; i++) {
    close_cache(&caches[i]);
  }
}

/* A provider goes away: its caches are destroyed. */
static void forget(const struct ftps_cache_ops *ops) {
  for (size_t i = 0; i < FTPS_CACHE_NAMES; i++) {
    if (caches[i].pool != NULL && caches[i].ops == ops) {
      close_cache(&caches[i]);
    }
  }
}

__attribute__((visibility("default"))) int ftps_cache_unregister(
    const char *name) {
  if (name != NULL && ftps_providers_get0(name) != NULL) {
    forget(ftps_providers_get0(name));
  }

  return ftps_providers_remove(name);
}

bool ftps_cache_is_open(enum ftps_cache_name cache) {
  return caches[cache].pool != NULL;
}

bool ftps_cache_is_any_open(void) {
  return ftps_cache_is_open(FTPS_CACHE_SESSIONS) ||
      ftps_cache_is_open(FTPS_CACHE_RESPONSES);
}

bool ftps_cache_is_local(enum ftps_cache_name cache) {
  const struct opened *c = &caches[cache];

  return c->pool != NULL && (c->ops->flags & FTPS_CACHE_REMOTE) == 0;
}

/* One question to a provider. */
struct question {
  enum ftps_cache_name which;
  struct ftps_seal seal;
  unsigned char key[KEY_SIZE];
  uint64_t asked; /* ms */
};

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
  return ftps_health_may_ask(q->which, q->asked);
}

/* Fills in what is left of `q`; false: not to be asked. */
static bool begin(struct question *q) {
  return caches[q->which].pool != NULL && name_key(q) == 0 && may_ask(q);
}

/* A provider that took much too long is left alone as one that had no answer.
 * On a busy machine a process may not run for a while, which is not its fault.
 */
static void end(const struct question *q, enum ftps_cache_result result) {
  uint64_t now = ftps_clock_ms();

  if (result == FTPS_CACHE_UNAVAILABLE || now - q->asked > TOO_LATE_MS) {
    ftps_health_failed(q->which, q->asked, now);
  } else {
    ftps_health_answered(q->which, now);
  }
}

/* The shape of put and add. */
typedef enum ftps_cache_result (*keep_fn)(struct ftps_cache *cache,
    const void *key, size_t key_len, const void *value, size_t value_len,
    time_t expires, unsigned int deadline_ms);

static enum ftps_cache_result keep_sealed(struct question *q, bool is_new,
    const unsigned char *sealed, size_t len, time_t expires) {
  const struct opened *c = &caches[q->which];
  keep_fn keep = is_new ? c->ops->add : c->ops->put;
  enum ftps_cache_result result;

  result = keep(c->cache, q->key, KEY_SIZE, sealed, len, expires,
      FTPS_CACHE_DEADLINE_MS);
  end(q, result);
  if (result == FTPS_CACHE_OK) {
    ftps_health_count(q->which, FTPS_HEALTH_STORE);
  }

  return result;
}

static bool has_room(const struct opened *c, size_t len) {
  return c->pool != NULL && len <= FTPS_CACHE_VALUE_MAX &&
      (c->ops->max_value == 0 || len + FTPS_SEAL_OVERHEAD <= c->ops->max_value);
}

static enum ftps_cache_result keep(struct question *q, bool is_new,
    const struct ftps_cache_value *value) {
  enum ftps_cache_result result = FTPS_CACHE_UNAVAILABLE;
  unsigned char sealed[SEALED_MAX];
  size_t n;

  if (!has_room(&caches[q->which], value->len) ||
      (is_new && caches[q->which].ops->add == NULL)) {
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
  const struct opened *c = &caches[q->which];

  end(q, c->ops->del(c->cache, q->key, KEY_SIZE, FTPS_CACHE_DEADLINE_MS));
}

static void count_found(const struct question *q, bool is_read,
    bool is_opened) {
  ftps_health_count(q->which, is_opened ? FTPS_HEALTH_HIT : FTPS_HEALTH_MISS);
  if (is_read && !is_opened) {
    ftps_health_count(q->which, FTPS_HEALTH_UNREADABLE);
  }
}

/* A value that does not open is never going to: it must not keep add from
 * storing another.
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
  const struct opened *c = &caches[q->which];
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

/* -1: there is no secret for it. */
static int ask_session(struct question *q, const SSL_CTX *ctx,
    const unsigned char *id, size_t id_len) {
  q->which = FTPS_CACHE_SESSIONS;
  q->seal.use = SESSION_LETTER;
  q->seal.name = id;
  q->seal.name_len = id_len;
  return ftps_sealkey_get0(ctx, &q->seal);
}

/* -1: the daemon has no secret of number `i`, or none for this use. */
static int ask_own(struct question *q, char letter, const char *name,
    size_t i) {
  q->which =
      letter == RESPONSE_LETTER ? FTPS_CACHE_RESPONSES : FTPS_CACHE_SESSIONS;
  q->seal.use = letter;
  q->seal.name = name;
  q->seal.name_len = strlen(name);
  if (letter == RING_LETTER &&
      ftps_sealkey_own_source(ftps_daemon_get0()) != FTPS_SEALKEY_FILE) {
    return -1;
  }

  return ftps_sealkey_get0_own(ftps_daemon_get0(), i, &q->seal);
}

/* What was kept before the secret was changed is found as well.  *len: room in,
 * size out.
 */
static enum ftps_cache_result find_own(char letter, const char *name,
    unsigned char *value, size_t *len) {
  enum ftps_cache_result result = FTPS_CACHE_UNAVAILABLE;
  size_t room = *len;
  struct question q;

  *len = 0;
  for (size_t i = 0; ask_own(&q, letter, name, i) == 0; i++) {
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

  /* The key may be gone; it is not needed to name the entry. */
  (void) ask_session(&q, ctx, id, id_len);
  if (q.seal.host != NULL && begin(&q)) {
    delete (&q);
  }
}

void ftps_cache_put_response(const char *fingerprint, const unsigned char *der,
    size_t len, time_t expires) {
  const struct ftps_cache_value value = { der, len, expires };
  struct question q;

  if (ask_own(&q, RESPONSE_LETTER, fingerprint, 0) == 0) {
    (void) keep(&q, false, &value);
  }
}

size_t ftps_cache_get_response(const char *fingerprint, unsigned char *der,
    size_t room) {
  size_t len = room;

  return find_own(RESPONSE_LETTER, fingerprint, der, &len) == FTPS_CACHE_OK
      ? len
      : 0;
}

enum ftps_cache_result ftps_cache_add_key(const char *name,
    const unsigned char *key, size_t len, time_t expires) {
  const struct ftps_cache_value value = { key, len, expires };
  struct question q;

  if (ask_own(&q, RING_LETTER, name, 0) < 0) {
    return FTPS_CACHE_UNAVAILABLE;
  }

  return keep(&q, true, &value);
}

enum ftps_cache_result ftps_cache_get_key(const char *name, unsigned char *key,
    size_t *len) {
  return find_own(RING_LETTER, name, key, len);
}

void ftps_cache_report(enum ftps_cache_name cache,
    struct ftps_cache_report *report_out) {
  const struct opened *c = &caches[cache];
  uint64_t now = ftps_clock_ms();

  memset(report_out, 0, sizeof(*report_out));
  if (c->pool == NULL) {
    return;
  }

  report_out->type = c->type;
  report_out->info = c->info;
  report_out->hits = ftps_health_get(cache, FTPS_HEALTH_HIT);
  report_out->misses = ftps_health_get(cache, FTPS_HEALTH_MISS);
  report_out->stores = ftps_health_get(cache, FTPS_HEALTH_STORE);
  report_out->errors = ftps_health_get(cache, FTPS_HEALTH_ERROR);
  report_out->unreadable = ftps_health_get(cache, FTPS_HEALTH_UNREADABLE);
  report_out->unavailable_ms = ftps_health_failing_ms(cache, now);
  report_out->is_unavailable = ftps_health_is_failing(cache);

  PRIVS_ROOT
  report_out->has_status = c->ops->status(c->cache, &report_out->status) == 0;
  PRIVS_RELINQUISH
}

int ftps_cache_show(enum ftps_cache_name cache,
    const struct ftps_mod_tls_view *view) {
  int res = 1;

  if (caches[cache].pool != NULL && caches[cache].ops->create == NULL) {
    PRIVS_ROOT
    res = ftps_mod_tls_store_show(names[cache].kind, view);
    PRIVS_RELINQUISH
  }

  return res;
}

void ftps_cache_start(void) {
  PRIVS_ROOT
  ftps_mod_tls_store_start();
  PRIVS_RELINQUISH
}

long ftps_cache_clear(enum ftps_cache_name cache) {
  const struct opened *c = &caches[cache];
  int xerrno;
  long res;

  if (c->pool == NULL) {
    errno = ENOENT;
    return -1;
  }

  PRIVS_ROOT
  res = c->ops->clear(c->cache);
  xerrno = errno;
  PRIVS_RELINQUISH
  errno = xerrno;
  return res;
}

int ftps_cache_remove(enum ftps_cache_name cache) {
  const struct opened *c = &caches[cache];
  int res, xerrno;

  if (c->pool == NULL) {
    errno = ENOENT;
    return -1;
  }

  PRIVS_ROOT
  res = c->ops->remove(c->cache);
  xerrno = errno;
  PRIVS_RELINQUISH
  errno = xerrno;
  return res;
}

long ftps_cache_iterate(enum ftps_cache_name cache, ftps_cache_visit visit,
    void *arg) {
  const struct opened *c = &caches[cache];
  int xerrno;
  long res;

  if (c->pool == NULL || c->ops->iterate == NULL) {
    errno = c->pool == NULL ? ENOENT : ENOSYS;
    return -1;
  }

  PRIVS_ROOT
  res = c->ops->iterate(c->cache, visit, arg);
  xerrno = errno;
  PRIVS_RELINQUISH
  errno = xerrno;
  return res;
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
