/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * provider.c: see provider.h.
 */
#include "provider.h"

#include "conf.h"

#include "segment.h"
#include "segments.h"

/* The size of a space's name, with the NUL at its end. */
#define MAX_SPACE 32U
#define MAX_KEY   (FTPS_SHM_MAX_KEY - MAX_SPACE)

/* A lock is held for microseconds.  A process that holds it longer has been
 * stopped, so we wait no longer than this, although the caller would.
 */
#define LOCK_LIMIT_MS 50U

struct ftps_cache {
  pool *pool;
  struct ftps_shm_shared *shared;
  unsigned char space[MAX_SPACE];
  size_t space_len; /* with its NUL */
};

/* A key with its space before it, and the lock that is held. */
struct access {
  unsigned char key[FTPS_SHM_MAX_KEY];
  struct ftps_shm_entry entry;
  struct ftps_shm_place place;
  struct ftps_shm_segment *segment;
  struct ftps_shm_store *store;
};

static bool parse_size(const char *text, uint64_t *size_out) {
  char *end = NULL;

  if (text[0] < '0' || text[0] > '9') {
    return false;
  }
  errno = 0;
  *size_out = strtoull(text, &end, 10);
  return errno == 0 && *end == '\0';
}

/* Returns the path in "/file=PATH[&size=BYTES]", or NULL with *why_out set. */
static const char *parse_info(pool *p, const char *info, uint64_t *size_out,
    const char **why_out) {
  const char *path = NULL;
  char *rest, *word;

  *why_out = "\"shm:/file=PATH[&size=BYTES]\" is wanted";
  *size_out = FTPS_SHM_DEFAULT_SIZE;
  if (info == NULL || info[0] != '/') {
    return NULL;
  }

  rest = pstrdup(p, info + 1);
  while ((word = strsep(&rest, "&")) != NULL) {
    if (strncmp(word, "file=", 5) == 0 && path == NULL) {
      path = word + 5;
    } else if (strncmp(word, "size=", 5) != 0) {
      *why_out = pstrcat(p, "\"", word,
          "\" is not known, or there twice; "
          "\"shm:/file=PATH[&size=BYTES]\" is wanted",
          NULL);
      return NULL;
    } else if (!parse_size(word + 5, size_out)) {
      *why_out =
          pstrcat(p, "\"", word, "\": a number of bytes is wanted", NULL);
      return NULL;
    }
  }

  return path;
}

/* The sizes in mod_tls's manual are for a few sessions only. */
static uint64_t enlarge(uint64_t size, const char *path) {
  if (size >= FTPS_SHM_MINIMUM_SIZE) {
    return size;
  }

  pr_log_pri(PR_LOG_WARNING,
      "mod_ftps_shmcache: %.200s: size=%llu is too small, and %llu bytes are "
      "used; write \"size=%llu\", or leave it out for %llu",
      path, (unsigned long long) size,
      (unsigned long long) FTPS_SHM_MINIMUM_SIZE,
      (unsigned long long) FTPS_SHM_MINIMUM_SIZE,
      (unsigned long long) FTPS_SHM_DEFAULT_SIZE);
  return FTPS_SHM_MINIMUM_SIZE;
}

static struct ftps_cache *create(pool *p, const char *space, const char *info,
    const char **why_out) {
  struct ftps_shm_report report;
  struct ftps_shm_shared *shared;
  struct ftps_cache *cache;
  const char *path;
  uint64_t size;
  pool *own;

  path = parse_info(p, info, &size, why_out);
  if (path == NULL) {
    return NULL;
  }
  if (strlen(space) >= MAX_SPACE) {
    *why_out = "the name of its use is too long";
    return NULL;
  }

  shared = ftps_shm_shared_get1(path, enlarge(size, path), &report);
  if (shared == NULL) {
    *why_out = pstrdup(p, report.fault);
    return NULL;
  }

  own = make_sub_pool(permanent_pool);
  pr_pool_tag(own, "mod_ftps_shmcache cache");
  cache = pcalloc(own, sizeof(*cache));
  cache->pool = own;
  cache->space_len = strlen(space) + 1;
  memcpy(cache->space, space, cache->space_len);
  cache->shared = shared;
  return cache;
}

static void destroy(struct ftps_cache *cache) {
  if (cache == NULL) {
    return;
  }

  ftps_shm_shared_unref(cache->shared);
  destroy_pool(cache->pool);
}

static enum ftps_cache_result take(struct ftps_cache *cache,
    struct access *access, bool writes, unsigned int deadline_ms) {
  struct ftps_shm_segment *segment = cache->shared->segment;
  enum ftps_cache_result res = FTPS_CACHE_OK;
  int xerrno = errno;

  if (segment == NULL) {
    return FTPS_CACHE_UNAVAILABLE;
  }

  access->segment = segment;
  access->store = ftps_shm_segment_get0_store(segment);
  if (ftps_shm_store_place(access->store, access->entry.key,
          access->entry.key_len, &access->place) < 0) {
    return FTPS_CACHE_UNAVAILABLE;
  }

  if (ftps_shm_segment_lock(segment, access->place.stripe, writes,
          deadline_ms < LOCK_LIMIT_MS ? deadline_ms : LOCK_LIMIT_MS) < 0) {
    res = errno == EAGAIN ? FTPS_CACHE_MISS : FTPS_CACHE_UNAVAILABLE;
    pr_trace_msg("tls.shmcache", 3, "stripe %lu: no lock: %s",
        (unsigned long) access->place.stripe, strerror(errno));
  }
  errno = xerrno;
  return res;
}

static void give_back(const struct access *access) {
  int xerrno = errno;

  ftps_shm_segment_unlock(access->segment, access->place.stripe);
  errno = xerrno;
}

static bool set_key(const struct ftps_cache *cache, struct access *access,
    const void *key, size_t key_len) {
  if (key_len > MAX_KEY) {
    return false;
  }

  memset(&access->entry, 0, sizeof(access->entry));
  memcpy(access->key, cache->space, cache->space_len);
  memcpy(access->key + cache->space_len, key, key_len);
  access->entry.key = access->key;
  access->entry.key_len = cache->space_len + key_len;
  return true;
}

static void set_value(struct access *access, const void *value,
    size_t value_len, time_t expires) {
  access->entry.value = value;
  access->entry.value_len = value_len;
  access->entry.expires = expires > 0 ? (uint64_t) expires : 0;
}

/* `is_new`: there must be no such entry. */
static enum ftps_cache_result store(struct ftps_cache *cache,
    struct access *access, unsigned int deadline_ms, bool is_new) {
  enum ftps_cache_result res = take(cache, access, true, deadline_ms);
  time_t now = time(NULL);

  if (res != FTPS_CACHE_OK) {
    return res;
  }

  if ((is_new &&
          ftps_shm_store_has(access->store, access->place, &access->entry,
              now)) ||
      !ftps_shm_store_put(access->store, access->place, &access->entry, now)) {
    res = FTPS_CACHE_MISS;
  }
  give_back(access);
  return res;
}

static enum ftps_cache_result put_cb(struct ftps_cache *cache, const void *key,
    size_t key_len, const void *value, size_t value_len, time_t expires,
    unsigned int deadline_ms) {
  struct access access;

  if (!set_key(cache, &access, key, key_len)) {
    return FTPS_CACHE_MISS;
  }
  set_value(&access, value, value_len, expires);
  return store(cache, &access, deadline_ms, false);
}

static enum ftps_cache_result add_cb(struct ftps_cache *cache, const void *key,
    size_t key_len, const void *value, size_t value_len, time_t expires,
    unsigned int deadline_ms) {
  struct access access;

  if (!set_key(cache, &access, key, key_len)) {
    return FTPS_CACHE_MISS;
  }
  set_value(&access, value, value_len, expires);
  return store(cache, &access, deadline_ms, true);
}

static enum ftps_cache_result get_cb(struct ftps_cache *cache, const void *key,
    size_t key_len, void *value, size_t *value_len, unsigned int deadline_ms) {
  struct access access;
  enum ftps_cache_result res;

  if (!set_key(cache, &access, key, key_len)) {
    return FTPS_CACHE_MISS;
  }
  access.entry.value_len = *value_len;

  res = take(cache, &access, false, deadline_ms);
  if (res == FTPS_CACHE_OK) {
    if (ftps_shm_store_get(access.store, access.place, &access.entry, value,
            time(NULL))) {
      *value_len = access.entry.value_len;
    } else {
      res = FTPS_CACHE_MISS;
    }
    give_back(&access);
  }
  return res;
}

static enum ftps_cache_result del(struct ftps_cache *cache, const void *key,
    size_t key_len, unsigned int deadline_ms) {
  struct access access;
  enum ftps_cache_result res;

  if (!set_key(cache, &access, key, key_len)) {
    return FTPS_CACHE_MISS;
  }

  res = take(cache, &access, true, deadline_ms);
  if (res == FTPS_CACHE_OK) {
    if (!ftps_shm_store_del(access.store, access.place, &access.entry,
            time(NULL))) {
      res = FTPS_CACHE_MISS;
    }
    give_back(&access);
  }
  return res;
}

/* Returns NULL, with errno set, if there is none. */
static struct ftps_shm_segment *get0_segment(struct ftps_cache *cache,
    struct ftps_shm_entry *prefix_out) {
  memset(prefix_out, 0, sizeof(*prefix_out));
  prefix_out->key = cache->space;
  prefix_out->key_len = cache->space_len;
  if (cache->shared->segment == NULL) {
    errno = ENOENT;
  }
  return cache->shared->segment;
}

/* Returns -1 with errno set if a stripe cannot be locked. */
static long clear_all(struct ftps_shm_segment *segment,
    const struct ftps_shm_entry *prefix) {
  struct ftps_shm_store *store = ftps_shm_segment_get0_store(segment);
  size_t n = 0;

  for (uint32_t i = 0; i < store->n_stripes; i++) {
    if (ftps_shm_segment_lock(segment, i, true, FTPS_SHM_PATIENCE_MS) < 0) {
      return -1;
    }
    n += ftps_shm_store_clear(store, i, prefix, time(NULL));
    ftps_shm_segment_unlock(segment, i);
  }
  return (long) n;
}

static long clear(struct ftps_cache *cache) {
  struct ftps_shm_entry prefix;
  struct ftps_shm_segment *segment = get0_segment(cache, &prefix);
  int xerrno;
  long n;

  if (segment == NULL) {
    return -1;
  }

  n = clear_all(segment, &prefix);
  xerrno = errno;
  ftps_shm_segment_let_go(segment);
  errno = xerrno;
  return n;
}

static int remove_files(struct ftps_cache *cache) {
  return ftps_shm_shared_remove(cache->shared);
}

struct counting {
  struct ftps_shm_entry prefix;
  struct ftps_shm_counts counts;
};

static bool count_copy(void *arg, const struct ftps_shm_store *copy) {
  struct counting *counting = arg;

  ftps_shm_store_count(copy, 0, &counting->prefix, time(NULL),
      &counting->counts);
  return true;
}

static int status(struct ftps_cache *cache,
    struct ftps_cache_status *status_out) {
  struct counting counting = { .counts = { 0 } };
  struct ftps_shm_segment *segment = get0_segment(cache, &counting.prefix);

  if (segment == NULL ||
      ftps_shm_segment_walk(segment, count_copy, &counting) < 0) {
    return -1;
  }

  status_out->entries = counting.counts.entries;
  status_out->evictions = counting.counts.evictions;
  status_out->expired = counting.counts.expired;
  status_out->memory_used = counting.counts.used;
  status_out->memory_size = ftps_shm_segment_size(segment);
  return 0;
}

struct visiting {
  const struct ftps_cache *cache;
  ftps_cache_visit visit;
  void *arg;
  long n;
};

/* Returns false if the visitor has stopped. */
static bool visit_copy(void *arg, const struct ftps_shm_store *copy) {
  struct visiting *visiting = arg;
  const struct ftps_cache *cache = visiting->cache;
  struct ftps_shm_entry entry;
  time_t now = time(NULL);
  int res = 0;

  for (uint32_t i = 0; res >= 0; i++) {
    res = ftps_shm_store_entry(copy, 0, i, &entry);
    if (res != 1 || entry.expires <= (uint64_t) now ||
        entry.expires > INT64_MAX || entry.key_len < cache->space_len ||
        memcmp(entry.key, cache->space, cache->space_len) != 0) {
      continue;
    }

    visiting->n++;
    if (!visiting->visit(visiting->arg, entry.key + cache->space_len,
            entry.key_len - cache->space_len, entry.value, entry.value_len,
            (time_t) entry.expires)) {
      return false;
    }
  }
  return true;
}

static long iterate(struct ftps_cache *cache, ftps_cache_visit visit,
    void *arg) {
  struct visiting visiting = { cache, visit, arg, 0 };
  struct ftps_shm_entry prefix;
  struct ftps_shm_segment *segment = get0_segment(cache, &prefix);

  if (segment == NULL ||
      ftps_shm_segment_walk(segment, visit_copy, &visiting) < 0) {
    return -1;
  }

  return visiting.n;
}

const struct ftps_cache_ops ftps_shm_cache_ops = { .abi = FTPS_CACHE_ABI,
  .name = "shm",
  .max_key = MAX_KEY,
  .max_value = FTPS_SHM_MAX_VALUE,
  .create = create,
  .destroy = destroy,
  .put = put_cb,
  .add = add_cb,
  .get = get_cb,
  .del = del,
  .clear = clear,
  .remove = remove_files,
  .status = status,
  .iterate = iterate };
