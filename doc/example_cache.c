/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * example_cache.c: a cache for mod_ftps, as a start for your own.
 *
 * It stores a fixed number of entries in a file that all processes map.  The
 * key decides in which group of places an entry may be.  If all places are
 * taken, the entry that expires first is replaced.
 *
 *   cc -shared -fPIC -D_GNU_SOURCE -I /usr/include/mod_ftps \
 *     -I /usr/include/proftpd -o mod_example_cache.so example_cache.c
 *
 *   LoadModule mod_ftps.c
 *   LoadModule mod_example_cache.c
 *   TLSSessionCache example:/var/lib/proftpd/example-cache
 *
 * mod_ftps seals the values, so nobody can use a value that is read, changed or
 * mixed up here.  The only thing that matters is to return in time.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "ftps_cache.h"

#define PLACES     1024U
#define GROUP      8U
#define PLACE_SIZE 4096U
#define KEY_MAX    64U
#define VALUE_MAX  (PLACE_SIZE - KEY_MAX - 16U)
#define FILE_SIZE  ((off_t) PLACES * PLACE_SIZE)

/* The file may contain anything, so lengths are checked. */
struct place {
  uint32_t key_len; /* 0: empty */
  uint32_t value_len;
  uint64_t expires;
  unsigned char key[KEY_MAX];
  unsigned char value[VALUE_MAX];
};

/* mod_ftps leaves this structure to us. */
struct ftps_cache {
  const char *path;
  int fd;
  struct place *places;
};

/* The first place of the group. */
static struct place *find_group(struct ftps_cache *cache, const void *key,
    size_t key_len) {
  const unsigned char *bytes = key;
  uint32_t hash = 2166136261U;

  for (size_t i = 0; i < key_len; i++) {
    hash = (hash ^ bytes[i]) * 16777619U;
  }

  return &cache->places[hash % (PLACES / GROUP) * GROUP];
}

static int is_live(const struct place *place) {
  return place->key_len > 0 && place->key_len <= KEY_MAX &&
      place->value_len <= VALUE_MAX && place->expires > (uint64_t) time(NULL);
}

/* Returns NULL if there is no such entry. */
static struct place *find_entry(struct place *group, const void *key,
    size_t key_len) {
  for (size_t i = 0; i < GROUP; i++) {
    if (is_live(&group[i]) && group[i].key_len == key_len &&
        memcmp(group[i].key, key, key_len) == 0) {
      return &group[i];
    }
  }

  return NULL;
}

static struct place *find_room(struct place *group) {
  struct place *room = group;

  for (size_t i = 0; i < GROUP; i++) {
    if (!is_live(&group[i])) {
      return &group[i];
    }
    if (group[i].expires < room->expires) {
      room = &group[i];
    }
  }

  return room;
}

static long now_ms(void) {
  struct timespec ts;

  (void) clock_gettime(CLOCK_MONOTONIC, &ts);
  return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* F_SETLKW would wait for ever for a process that was stopped.  The kernel
 * removes the lock of a process that dies.
 */
static int set_lock(struct ftps_cache *cache, const struct place *group,
    short type, unsigned int deadline_ms) {
  struct flock lock = { .l_type = type,
    .l_whence = SEEK_SET,
    .l_start = group - cache->places,
    .l_len = 1 };
  long until = now_ms() + (long) deadline_ms;

  while (fcntl(cache->fd, F_SETLK, &lock) < 0) {
    if ((errno != EAGAIN && errno != EACCES) || now_ms() >= until) {
      return -1;
    }
    (void) poll(NULL, 0, 1);
  }

  return 0;
}

static void unlock(struct ftps_cache *cache, const struct place *group) {
  (void) set_lock(cache, group, F_UNLCK, 0);
}

/* The work of put and add. */
struct entry {
  const void *key;
  size_t key_len;
  const void *value;
  size_t value_len;
  time_t expires;
};

static void write_place(struct place *place, const struct entry *entry) {
  memcpy(place->key, entry->key, entry->key_len);
  memcpy(place->value, entry->value, entry->value_len);
  place->key_len = (uint32_t) entry->key_len;
  place->value_len = (uint32_t) entry->value_len;
  place->expires = (uint64_t) entry->expires;
}

static enum ftps_cache_result write_entry(struct ftps_cache *cache,
    const struct entry *entry, int is_new, unsigned int deadline_ms) {
  struct place *group = find_group(cache, entry->key, entry->key_len), *place;
  enum ftps_cache_result result = FTPS_CACHE_MISS;

  if (entry->key_len > KEY_MAX || entry->value_len > VALUE_MAX) {
    return FTPS_CACHE_MISS;
  }

  if (set_lock(cache, group, F_WRLCK, deadline_ms) < 0) {
    return FTPS_CACHE_UNAVAILABLE;
  }

  place = find_entry(group, entry->key, entry->key_len);
  if (place == NULL || !is_new) {
    write_place(place != NULL ? place : find_room(group), entry);
    result = FTPS_CACHE_OK;
  }

  unlock(cache, group);
  return result;
}

static enum ftps_cache_result put_cb(struct ftps_cache *cache, const void *key,
    size_t key_len, const void *value, size_t value_len, time_t expires,
    unsigned int deadline_ms) {
  struct entry entry = { key, key_len, value, value_len, expires };

  return write_entry(cache, &entry, 0, deadline_ms);
}

static enum ftps_cache_result add_cb(struct ftps_cache *cache, const void *key,
    size_t key_len, const void *value, size_t value_len, time_t expires,
    unsigned int deadline_ms) {
  struct entry entry = { key, key_len, value, value_len, expires };

  return write_entry(cache, &entry, 1, deadline_ms);
}

static enum ftps_cache_result get_cb(struct ftps_cache *cache, const void *key,
    size_t key_len, void *value, size_t *value_len, unsigned int deadline_ms) {
  struct place *group = find_group(cache, key, key_len), *place;
  enum ftps_cache_result result = FTPS_CACHE_MISS;
  uint32_t len;

  if (set_lock(cache, group, F_RDLCK, deadline_ms) < 0) {
    return FTPS_CACHE_UNAVAILABLE;
  }

  place = find_entry(group, key, key_len);
  if (place != NULL) {
    /* Read once: another process may write without the lock. */
    len = *(volatile uint32_t *) &place->value_len;
    if (len <= VALUE_MAX && len <= *value_len) {
      memcpy(value, place->value, len);
      *value_len = len;
      result = FTPS_CACHE_OK;
    }
  }

  unlock(cache, group);
  return result;
}

static enum ftps_cache_result del(struct ftps_cache *cache, const void *key,
    size_t key_len, unsigned int deadline_ms) {
  struct place *group = find_group(cache, key, key_len), *place;

  if (set_lock(cache, group, F_WRLCK, deadline_ms) < 0) {
    return FTPS_CACHE_UNAVAILABLE;
  }

  place = find_entry(group, key, key_len);
  if (place != NULL) {
    place->key_len = 0;
  }

  unlock(cache, group);
  return place != NULL ? FTPS_CACHE_OK : FTPS_CACHE_MISS;
}

/* The descriptor is not 0, 1 or 2, which sessions use. */
static int open_file(const char *path) {
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), high;
  struct stat st;

  if (fd < 0) {
    return -1;
  }

  high = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  (void) close(fd);
  if (high < 0 || fstat(high, &st) < 0) {
    return -1;
  }

  if (st.st_size != FILE_SIZE) {
    if (st.st_size != 0 || ftruncate(high, FILE_SIZE) < 0) {
      (void) close(high);
      errno = EINVAL;
      return -1;
    }
  }

  return high;
}

/* Sessions inherit the mapping and the descriptor, so neither their root
 * directory nor their user matters.
 */
static struct ftps_cache *create(pool *p, const char *space, const char *info,
    const char **why_out) {
  struct ftps_cache *cache = pcalloc(p, sizeof(*cache));

  (void) space;
  cache->path = info;
  if (*info != '/') {
    *why_out = "write the absolute path of a file behind the colon";
    return NULL;
  }

  cache->fd = open_file(info);
  if (cache->fd < 0) {
    *why_out = pstrcat(p, "the file cannot be opened: ", strerror(errno), NULL);
    return NULL;
  }

  cache->places = mmap(NULL, (size_t) FILE_SIZE, PROT_READ | PROT_WRITE,
      MAP_SHARED, cache->fd, 0);
  if (cache->places == MAP_FAILED) {
    *why_out = pstrcat(p, "the file cannot be mapped: ", strerror(errno), NULL);
    (void) close(cache->fd);
    return NULL;
  }

  return cache;
}

static void destroy(struct ftps_cache *cache) {
  (void) munmap(cache->places, (size_t) FILE_SIZE);
  (void) close(cache->fd);
}

static long clear(struct ftps_cache *cache) {
  long n = 0;

  for (size_t i = 0; i < PLACES; i++) {
    if (cache->places[i].key_len != 0) {
      n++;
    }
    memset(&cache->places[i], 0, sizeof(cache->places[i]));
  }

  return n;
}

static int remove_file(struct ftps_cache *cache) {
  return unlink(cache->path);
}

static int status(struct ftps_cache *cache,
    struct ftps_cache_status *status_out) {
  status_out->entries = 0;
  status_out->evictions = FTPS_CACHE_UNKNOWN;
  status_out->expired = FTPS_CACHE_UNKNOWN;
  for (size_t i = 0; i < PLACES; i++) {
    if (is_live(&cache->places[i])) {
      status_out->entries++;
    }
  }

  status_out->memory_used = status_out->entries * PLACE_SIZE;
  status_out->memory_size = (uint64_t) FILE_SIZE;
  return 0;
}

static long iterate(struct ftps_cache *cache, ftps_cache_visit visit,
    void *arg) {
  struct place place;
  bool goes_on = true;
  long n = 0;

  for (size_t i = 0; i < PLACES && goes_on; i++) {
    place = cache->places[i];
    if (is_live(&place)) {
      goes_on = visit(arg, place.key, place.key_len, place.value,
          place.value_len, (time_t) place.expires);
      n++;
    }
  }

  return n;
}

module example_cache_module;

/* At each reload modules are unloaded and loaded again. */
static void on_unload(const void *data, void *arg) {
  (void) arg;
  if (strcmp(data, "mod_example_cache.c") == 0) {
    (void) ftps_cache_unregister("example");
    pr_event_unregister(&example_cache_module, NULL, NULL);
  }
}

static int start(void) {
  static const struct ftps_cache_ops ops = { .abi = FTPS_CACHE_ABI,
    .name = "example",
    .max_key = KEY_MAX,
    .max_value = VALUE_MAX,
    .create = create,
    .destroy = destroy,
    .put = put_cb,
    .add = add_cb,
    .get = get_cb,
    .del = del,
    .clear = clear,
    .remove = remove_file,
    .status = status,
    .iterate = iterate };

  if (ftps_cache_register(&ops) < 0) {
    pr_log_pri(PR_LOG_ERR, "mod_example_cache: %s", strerror(errno));
    return -1;
  }

  pr_event_register(&example_cache_module, "core.module-unload", on_unload,
      NULL);
  return 0;
}

module example_cache_module = { NULL, NULL, 0x20, "example_cache", NULL, NULL,
  NULL, start, NULL, "example", NULL, 0 };
