/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * cache.c: see cache.h.
 */
#include "cache.h"

#include "conf.h"
#include "privs.h"

#include "segment.h"

/* Of a space's name, with the NUL that ends it. */
#define MAX_SPACE 32U
#define MAX_KEY   (FTPS_SHM_MAX_KEY - MAX_SPACE)

extern module ftps_shmcache_module;

/* A lock is held for microseconds: whoever has it for longer has been stopped,
 * and is not waited for as long as the caller would.
 */
#define LOCK_LIMIT_MS 50U

/* Of the calls that administrators make, for each stripe. */
#define ADMIN_DEADLINE_MS 250U

/* One file.  Those of a configuration that is being replaced live until their
 * caches are destroyed.
 */
struct shared {
  struct shared *next;
  pool *pool;
  const char *path;
  uint64_t size; /* as configured */
  unsigned int generation;
  unsigned int n_caches;
  struct ftps_shm_segment *segment; /* NULL: not yet, or not possible */
  const char *note;                 /* for the log, or NULL */
};

struct ftps_cache {
  pool *pool;
  struct shared *shared;
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

/* They keep their values through SIGHUP (the module is linked nodelete). */
static struct shared *all_shared;
static unsigned int generation;
static bool is_running;

/* True: the caller has root now and must give it back. */
static bool raise_privileges(void) {
  if (geteuid() == PR_ROOT_UID) {
    return false;
  }
  PRIVS_ROOT
  return true;
}

static void drop_privileges(bool raised) {
  if (raised) {
    PRIVS_RELINQUISH
  }
}

static bool parse_size(const char *text, uint64_t *size_out) {
  char *end = NULL;

  if (text[0] < '0' || text[0] > '9') {
    return false;
  }
  errno = 0;
  *size_out = strtoull(text, &end, 10);
  return errno == 0 && *end == '\0';
}

/* "/file=PATH[&size=BYTES]".  Text that says what is wrong, or NULL. */
static const char *parse_info(pool *p, const char *info, const char **path_out,
    uint64_t *size_out) {
  char *rest, *word;

  *path_out = NULL;
  *size_out = FTPS_SHM_DEFAULT_SIZE;
  if (info == NULL || info[0] != '/') {
    return "\"shm:/file=PATH[&size=BYTES]\" is wanted";
  }

  rest = pstrdup(p, info + 1);
  while ((word = strsep(&rest, "&")) != NULL) {
    if (strncmp(word, "file=", 5) == 0 && *path_out == NULL) {
      *path_out = word + 5;
    } else if (strncmp(word, "size=", 5) != 0) {
      return pstrcat(p, "\"", word,
          "\" is not known, or there twice; "
          "\"shm:/file=PATH[&size=BYTES]\" is wanted",
          NULL);
    } else if (!parse_size(word + 5, size_out)) {
      return pstrcat(p, "\"", word, "\": a number of bytes is wanted", NULL);
    }
  }

  return *path_out != NULL ? NULL : "\"shm:/file=PATH[&size=BYTES]\" is wanted";
}

static void say_notes(void) {
  for (struct shared *s = all_shared; s != NULL; s = s->next) {
    if (s->note != NULL) {
      pr_log_pri(PR_LOG_NOTICE, "mod_ftps_shmcache: %s", s->note);
      s->note = NULL;
    }
  }
}

static int say_notes_cb(CALLBACK_FRAME) {
  say_notes();
  return 0;
}

static void open_segment(struct shared *shared,
    struct ftps_shm_report *report) {
  shared->segment = ftps_shm_segment_open(shared->path, shared->size, report);
  if (report->note[0] != '\0') {
    shared->note = pstrdup(shared->pool, report->note);
  }
}

/* The one that a cache of this file and size can use, or NULL. */
static struct shared *find_shared(const char *path, uint64_t size) {
  for (struct shared *s = all_shared; s != NULL; s = s->next) {
    if (s->size != size || strcmp(s->path, path) != 0) {
      continue;
    }
    if (s->generation == generation ||
        (s->segment != NULL &&
            ftps_shm_segment_is_current(s->segment, path, size))) {
      s->generation = generation;
      return s;
    }
  }

  return NULL;
}

/* Is there another size for this file in the same configuration? */
static bool has_rival(const char *path, uint64_t size) {
  for (const struct shared *s = all_shared; s != NULL; s = s->next) {
    if (s->generation == generation && s->size != size &&
        strcmp(s->path, path) == 0) {
      return true;
    }
  }

  return false;
}

static void forget_shared(struct shared *shared) {
  struct shared **at = &all_shared;

  while (*at != shared) {
    at = &(*at)->next;
  }
  *at = shared->next;
  ftps_shm_segment_close(shared->segment);
  destroy_pool(shared->pool);
}

/* NULL: report->fault says why. */
static struct shared *new_shared(const char *path, uint64_t size,
    struct ftps_shm_report *report) {
  pool *p;
  struct shared *shared;

  if (has_rival(path, size)) {
    (void) snprintf(report->fault, sizeof(report->fault),
        "file \"%s\" is named with another size elsewhere; write the same "
        "size in both places",
        path);
    return NULL;
  }
  if (ftps_shm_file_check(path, size, report) < 0) {
    return NULL;
  }

  p = make_sub_pool(permanent_pool);
  pr_pool_tag(p, "mod_ftps_shmcache segment");
  shared = pcalloc(p, sizeof(*shared));
  shared->pool = p;
  shared->path = pstrdup(p, path);
  shared->size = size;
  shared->generation = generation;
  shared->next = all_shared;
  all_shared = shared;

  if (is_running) {
    open_segment(shared, report);
    if (shared->segment == NULL) {
      say_notes();
      forget_shared(shared);
      return NULL;
    }
    /* At SIGHUP SystemLog is not open yet. */
    if (shared->note != NULL) {
      (void) pr_timer_add(1, -1, &ftps_shmcache_module, say_notes_cb,
          "mod_ftps_shmcache note");
    }
  }
  return shared;
}

static struct ftps_cache *create(pool *p, const char *space, const char *info,
    const char **why_out) {
  struct ftps_shm_report report;
  struct shared *shared;
  struct ftps_cache *cache;
  const char *path, *why;
  uint64_t size;
  bool raised;
  pool *own;

  why = parse_info(p, info, &path, &size);
  if (why == NULL && strlen(space) >= MAX_SPACE) {
    why = "the name of its use is too long";
  }
  if (why != NULL) {
    *why_out = why;
    return NULL;
  }

  memset(&report, 0, sizeof(report));
  raised = raise_privileges();
  shared = find_shared(path, size);
  if (shared == NULL) {
    shared = new_shared(path, size, &report);
  }
  drop_privileges(raised);
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
  shared->n_caches++;
  return cache;
}

static void destroy(struct ftps_cache *cache) {
  if (cache == NULL) {
    return;
  }

  cache->shared->n_caches--;
  if (cache->shared->n_caches == 0) {
    forget_shared(cache->shared);
  }
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

static enum ftps_cache_result put_cb(struct ftps_cache *cache, const void *key,
    size_t key_len, const void *value, size_t value_len, time_t expires,
    unsigned int deadline_ms) {
  struct access access;
  enum ftps_cache_result res;

  if (!set_key(cache, &access, key, key_len)) {
    return FTPS_CACHE_MISS;
  }
  access.entry.value = value;
  access.entry.value_len = value_len;
  access.entry.expires = expires > 0 ? (uint64_t) expires : 0;

  res = take(cache, &access, true, deadline_ms);
  if (res == FTPS_CACHE_OK) {
    if (!ftps_shm_store_put(access.store, access.place, &access.entry,
            time(NULL))) {
      res = FTPS_CACHE_MISS;
    }
    give_back(&access);
  }
  return res;
}

static enum ftps_cache_result add_cb(struct ftps_cache *cache, const void *key,
    size_t key_len, const void *value, size_t value_len, time_t expires,
    unsigned int deadline_ms) {
  struct access access;
  enum ftps_cache_result res;
  time_t now = time(NULL);

  if (!set_key(cache, &access, key, key_len)) {
    return FTPS_CACHE_MISS;
  }
  access.entry.value = value;
  access.entry.value_len = value_len;
  access.entry.expires = expires > 0 ? (uint64_t) expires : 0;

  res = take(cache, &access, true, deadline_ms);
  if (res == FTPS_CACHE_OK) {
    if (ftps_shm_store_has(access.store, access.place, &access.entry, now) ||
        !ftps_shm_store_put(access.store, access.place, &access.entry, now)) {
      res = FTPS_CACHE_MISS;
    }
    give_back(&access);
  }
  return res;
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

/* NULL, with errno, when there is none. */
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

static long clear(struct ftps_cache *cache) {
  struct ftps_shm_entry prefix;
  struct ftps_shm_segment *segment = get0_segment(cache, &prefix);
  struct ftps_shm_store *store;
  size_t n = 0;

  if (segment == NULL) {
    return -1;
  }

  store = ftps_shm_segment_get0_store(segment);
  for (uint32_t i = 0; i < store->n_stripes; i++) {
    if (ftps_shm_segment_lock(segment, i, true, ADMIN_DEADLINE_MS) < 0) {
      return -1;
    }
    n += ftps_shm_store_clear(store, i, &prefix, time(NULL));
    ftps_shm_segment_unlock(segment, i);
  }
  return (long) n;
}

/* Sessions that run keep what they have mapped. */
static int remove_files(struct ftps_cache *cache) {
  bool raised;
  int res, xerrno;

  raised = raise_privileges();
  res = ftps_shm_file_unlink(cache->shared->path);
  xerrno = errno;
  drop_privileges(raised);

  ftps_shm_segment_close(cache->shared->segment);
  cache->shared->segment = NULL;
  errno = xerrno;
  return res;
}

static int status(struct ftps_cache *cache,
    struct ftps_cache_status *status_out) {
  struct ftps_shm_entry prefix;
  struct ftps_shm_segment *segment = get0_segment(cache, &prefix);
  struct ftps_shm_counts counts;
  struct ftps_shm_store copy;
  unsigned char *buffer;
  uint32_t n;

  if (segment == NULL) {
    return -1;
  }
  buffer = malloc(FTPS_SHM_STRIPE_SIZE);
  if (buffer == NULL) {
    return -1;
  }

  memset(&counts, 0, sizeof(counts));
  n = ftps_shm_segment_get0_store(segment)->n_stripes;
  for (uint32_t i = 0; i < n; i++) {
    if (ftps_shm_segment_copy(segment, i, buffer, &copy) == 0) {
      ftps_shm_store_count(&copy, 0, &prefix, time(NULL), &counts);
    }
  }
  free(buffer);

  status_out->entries = counts.entries;
  status_out->evictions = counts.evictions;
  status_out->expired = counts.expired;
  status_out->memory_used = counts.used;
  status_out->memory_size = ftps_shm_segment_size(segment);
  return 0;
}

/* False: the visitor has had enough. */
static bool visit_copy(const struct ftps_cache *cache,
    const struct ftps_shm_store *copy, ftps_cache_visit visit, void *arg,
    long *n) {
  struct ftps_shm_entry entry;
  time_t now = time(NULL);
  int res = 0;

  for (uint32_t i = 0; res >= 0; i++) {
    res = ftps_shm_store_entry(copy, 0, i, &entry);
    if (res != 1 || entry.expires <= (uint64_t) now ||
        entry.key_len < cache->space_len ||
        memcmp(entry.key, cache->space, cache->space_len) != 0) {
      continue;
    }

    ++*n;
    if (!visit(arg, entry.key + cache->space_len,
            entry.key_len - cache->space_len, entry.value, entry.value_len,
            (time_t) entry.expires)) {
      return false;
    }
  }
  return true;
}

static long iterate(struct ftps_cache *cache, ftps_cache_visit visit,
    void *arg) {
  struct ftps_shm_entry prefix;
  struct ftps_shm_segment *segment = get0_segment(cache, &prefix);
  struct ftps_shm_store copy;
  unsigned char *buffer;
  bool goes_on = true;
  uint32_t n_stripes;
  long n = 0;

  if (segment == NULL) {
    return -1;
  }
  buffer = malloc(FTPS_SHM_STRIPE_SIZE);
  if (buffer == NULL) {
    return -1;
  }

  n_stripes = ftps_shm_segment_get0_store(segment)->n_stripes;
  for (uint32_t i = 0; i < n_stripes && goes_on; i++) {
    if (ftps_shm_segment_copy(segment, i, buffer, &copy) == 0) {
      goes_on = visit_copy(cache, &copy, visit, arg, &n);
    }
  }
  free(buffer);
  return n;
}

void ftps_shm_cache_start(void) {
  struct ftps_shm_report report;
  bool raised;

  is_running = true;
  raised = raise_privileges();
  for (struct shared *s = all_shared; s != NULL; s = s->next) {
    if (s->segment != NULL) {
      continue;
    }
    memset(&report, 0, sizeof(report));
    open_segment(s, &report);
    if (s->segment == NULL) {
      pr_log_pri(PR_LOG_ERR,
          "mod_ftps_shmcache: %s; there is no cache until the next reload",
          report.fault);
    }
  }
  drop_privileges(raised);
  say_notes();
}

void ftps_shm_cache_restart(void) {
  is_running = true;
  generation++;
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
