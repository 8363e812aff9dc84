/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * entries.c: see entries.h.
 */
#include "entries.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <sys/random.h>

#include "base/bytes.h"
#include "value.h"
#include "wire.h"

/* memcached takes a larger number for a date. */
#define RELATIVE_MAX ((time_t) 60 * 60 * 24 * 30)

#define ADMIN_DEADLINE_MS 1000U

/* The result of one request. */
struct answer {
  const struct ftps_cache *cache;
  const char *key;
  unsigned char *room; /* a buffer for the value */
  size_t room_len;

  enum ftps_wire_kind final; /* of the last command */
  uint64_t generation;
  bool has_value; /* of any kind */
  uint64_t cas;
  struct ftps_value value; /* data: `room`, or NULL if not ours or too large */
};

/* A key in the form of memcached. */
struct wire_key {
  char text[FTPS_WIRE_KEY_MAX + 1];
};

static bool is_named(const struct ftps_wire_item *item, const char *name) {
  return item->name_len == strlen(name) &&
      memcmp(item->name, name, item->name_len) == 0;
}

static void take_value(struct answer *answer,
    const struct ftps_wire_item *item) {
  answer->has_value = true;
  answer->cas = item->cas;
  if (answer->room == NULL ||
      ftps_value_decode(item->data, item->data_len, &answer->value) < 0 ||
      answer->value.len > answer->room_len) {
    answer->value.data = NULL;
    return;
  }

  memcpy(answer->room, answer->value.data, answer->value.len);
  answer->value.data = answer->room;
}

static void take_item(void *arg, const struct ftps_wire_item *item) {
  struct answer *answer = arg;

  if (item == NULL) {
    answer->final = FTPS_WIRE_ERROR;
    answer->generation = 0;
    answer->has_value = false;
    answer->cas = 0;
    answer->value.data = NULL;
    return;
  }

  if (ftps_wire_is_final(item->kind)) {
    answer->final = item->kind;
    return;
  }

  if (item->kind == FTPS_WIRE_LARGE) {
    answer->final = FTPS_WIRE_END;
    answer->has_value = true;
    return;
  }

  if (item->kind != FTPS_WIRE_VALUE) {
    return;
  }

  if (is_named(item, answer->cache->generation_key)) {
    if (ftps_wire_number(item->data, item->data_len, &answer->generation) < 0) {
      answer->generation = 0;
    }
  } else if (is_named(item, answer->key)) {
    take_value(answer, item);
  }
}

/* Returns -1 if the key is too long, or if this process cannot ask. */
static int write_key(const struct ftps_cache *cache, const void *key,
    size_t key_len, struct wire_key *key_out) {
  int n;

  if (key_len > FTPS_ENTRIES_KEY_MAX || !ftps_memcached_can_ask(cache->m)) {
    return -1;
  }

  n = snprintf(key_out->text, sizeof(key_out->text),
      FTPS_ENTRIES_PREFIX "%s:", cache->space);
  ftps_bytes_to_hex(key, key_len, key_out->text + n);
  return 0;
}

static bool is_alive(const struct answer *answer) {
  return answer->value.data != NULL &&
      answer->value.generation == answer->generation &&
      answer->value.expires > time(NULL);
}

/* Requests the generation and the value of the key. */
static enum ftps_cache_result ask_value(struct answer *answer,
    unsigned int deadline_ms) {
  struct ftps_memcached *m = answer->cache->m;
  char text[3 * FTPS_WIRE_KEY_MAX];
  struct ftps_memcached_ask ask = { .key = answer->key,
    .text = text,
    .commands = 1,
    .take = take_item,
    .arg = answer };

  ask.len = (size_t) snprintf(text, sizeof(text), "gets %s %s\r\n",
      answer->cache->generation_key, answer->key);
  if (ftps_memcached_ask(m, &ask, deadline_ms) < 0 ||
      answer->final != FTPS_WIRE_END) {
    return FTPS_CACHE_UNAVAILABLE;
  }

  ftps_memcached_set_shared(m, answer->generation);
  return is_alive(answer) ? FTPS_CACHE_OK : FTPS_CACHE_MISS;
}

enum ftps_cache_result ftps_entries_get_cb(struct ftps_cache *cache,
    const void *key, size_t key_len, void *value, size_t *value_len,
    unsigned int deadline_ms) {
  struct wire_key wire_key = { 0 };
  struct answer answer = { .cache = cache,
    .key = wire_key.text,
    .room = value,
    .room_len = *value_len };
  enum ftps_cache_result res;

  if (write_key(cache, key, key_len, &wire_key) < 0) {
    return FTPS_CACHE_MISS;
  }

  res = ask_value(&answer, deadline_ms);
  if (res == FTPS_CACHE_OK) {
    *value_len = answer.value.len;
  }
  return res;
}

/* The time in memcached's form.  The header keeps the exact time. */
static intmax_t wire_time(time_t expires) {
  time_t left = expires - time(NULL);

  return left > RELATIVE_MAX ? expires : left;
}

/* Sends one of set, add and cas, and before it the request for the generation.
 * `verb` may be followed by the key's cas number.
 */
static int send_value(struct answer *answer, const char *verb,
    const struct ftps_value *value, unsigned int deadline_ms) {
  unsigned char text[FTPS_MEMCACHED_TEXT_MAX];
  struct ftps_memcached_ask ask = { .key = answer->key,
    .text = text,
    .commands = 2,
    .take = take_item,
    .arg = answer };
  char cas[24] = "";
  size_t at;

  if (answer->cas != 0) {
    (void) snprintf(cas, sizeof(cas), " %ju", (uintmax_t) answer->cas);
  }

  at = (size_t) snprintf((char *) text, sizeof(text),
      "gets %s\r\n%s %s 0 %jd %zu%s\r\n", answer->cache->generation_key, verb,
      answer->key, wire_time(value->expires), FTPS_VALUE_HEADER + value->len,
      cas);
  ftps_value_encode(value, text + at);
  at += FTPS_VALUE_HEADER;
  memcpy(text + at, value->data, value->len);
  at += value->len;
  /* NOLINTNEXTLINE: the protocol has no NUL */
  memcpy(text + at, "\r\n", 2);
  ask.len = at + 2;
  return ftps_memcached_ask(answer->cache->m, &ask, deadline_ms);
}

static bool is_storable(size_t value_len, time_t expires) {
  return value_len <= FTPS_ENTRIES_VALUE_MAX && expires > time(NULL);
}

enum ftps_cache_result ftps_entries_put_cb(struct ftps_cache *cache,
    const void *key, size_t key_len, const void *bytes, size_t len,
    time_t expires, unsigned int deadline_ms) {
  struct ftps_value value = { .expires = expires, .data = bytes, .len = len };
  struct wire_key wire_key = { 0 };
  struct answer answer = { .cache = cache, .key = wire_key.text };

  if (!is_storable(len, expires) ||
      write_key(cache, key, key_len, &wire_key) < 0) {
    return FTPS_CACHE_MISS;
  }

  for (int turn = 0; turn < 2; turn++) {
    value.generation = ftps_memcached_get_shared(cache->m);
    if (send_value(&answer, "set", &value, deadline_ms) < 0) {
      return FTPS_CACHE_UNAVAILABLE;
    }

    ftps_memcached_set_shared(cache->m, answer.generation);
    if (answer.generation == value.generation) {
      return answer.final == FTPS_WIRE_STORED ? FTPS_CACHE_OK : FTPS_CACHE_MISS;
    }
  }
  return FTPS_CACHE_MISS;
}

/* The present value may be of another generation, expired, or garbage.  Then it
 * is replaced, unless another process was faster.
 */
enum ftps_cache_result ftps_entries_add_cb(struct ftps_cache *cache,
    const void *key, size_t key_len, const void *bytes, size_t len,
    time_t expires, unsigned int deadline_ms) {
  struct ftps_value value = { .expires = expires, .data = bytes, .len = len };
  unsigned char room[FTPS_ENTRIES_VALUE_MAX];
  struct wire_key wire_key = { 0 };
  struct answer answer = { .cache = cache,
    .key = wire_key.text,
    .room = room,
    .room_len = sizeof(room) };
  enum ftps_cache_result res;
  const char *verb;

  if (!is_storable(len, expires) ||
      write_key(cache, key, key_len, &wire_key) < 0) {
    return FTPS_CACHE_MISS;
  }

  res = ask_value(&answer, deadline_ms);
  if (res != FTPS_CACHE_MISS) {
    return res == FTPS_CACHE_OK ? FTPS_CACHE_MISS : res;
  }

  verb = !answer.has_value ? "add" : answer.cas != 0 ? "cas" : "set";
  value.generation = answer.generation;
  if (send_value(&answer, verb, &value, deadline_ms) < 0) {
    return FTPS_CACHE_UNAVAILABLE;
  }
  return answer.final == FTPS_WIRE_STORED ? FTPS_CACHE_OK : FTPS_CACHE_MISS;
}

enum ftps_cache_result ftps_entries_del_cb(struct ftps_cache *cache,
    const void *key, size_t key_len, unsigned int deadline_ms) {
  struct wire_key wire_key = { 0 };
  struct answer answer = { .cache = cache, .key = wire_key.text };
  char text[2 * FTPS_WIRE_KEY_MAX];
  struct ftps_memcached_ask ask = { .key = wire_key.text,
    .text = text,
    .commands = 1,
    .take = take_item,
    .arg = &answer };

  if (write_key(cache, key, key_len, &wire_key) < 0) {
    return FTPS_CACHE_MISS;
  }

  ask.len =
      (size_t) snprintf(text, sizeof(text), "delete %s\r\n", wire_key.text);
  if (ftps_memcached_ask(cache->m, &ask, deadline_ms) < 0) {
    return FTPS_CACHE_UNAVAILABLE;
  }
  return answer.final == FTPS_WIRE_DELETED ? FTPS_CACHE_OK : FTPS_CACHE_MISS;
}

static void count_stored(void *arg, const struct ftps_wire_item *item) {
  size_t *stored = arg;

  if (item != NULL && item->kind == FTPS_WIRE_STORED) {
    (*stored)++;
  }
}

/* A new generation, chosen at random: a number that counts up would be used
 * again after memcached has lost the last one.  Nobody knows how many entries
 * this hides.
 */
long ftps_entries_clear(struct ftps_cache *cache) {
  uint64_t generation;
  size_t stored = 0;
  char text[2 * FTPS_WIRE_KEY_MAX], number[24];
  struct ftps_memcached_ask ask = { .key = cache->generation_key,
    .text = text,
    .commands = 1,
    .take = count_stored,
    .arg = &stored };

  if (getrandom(&generation, sizeof(generation), 0) !=
      (ssize_t) sizeof(generation)) {
    return -1;
  }

  (void) snprintf(number, sizeof(number), "%ju", (uintmax_t) generation);
  ask.len = (size_t) snprintf(text, sizeof(text), "set %s 0 0 %zu\r\n%s\r\n",
      cache->generation_key, strlen(number), number);
  (void) ftps_memcached_ask_all(cache->m, &ask, ADMIN_DEADLINE_MS);
  if (stored < ftps_memcached_count(cache->m)) {
    errno = EHOSTUNREACH;
    return -1;
  }

  ftps_memcached_set_shared(cache->m, generation);
  return 0;
}
static void add_stat(void *arg, const struct ftps_wire_item *item) {
  struct ftps_cache_status *status = arg;
  struct {
    const char *name;
    uint64_t *sum;
  } stats[] = { { "curr_items", &status->entries },
    { "evictions", &status->evictions }, { "reclaimed", &status->expired },
    { "bytes", &status->memory_used },
    { "limit_maxbytes", &status->memory_size } };
  uint64_t number;

  if (item == NULL || item->kind != FTPS_WIRE_STAT ||
      ftps_wire_number(item->data, item->data_len, &number) < 0) {
    return;
  }

  for (size_t i = 0; i < sizeof(stats) / sizeof(stats[0]); i++) {
    if (is_named(item, stats[i].name)) {
      *stats[i].sum += number;
    }
  }
}

/* The numbers of the whole servers, with the entries of other programs. */
int ftps_entries_status(struct ftps_cache *cache,
    struct ftps_cache_status *status_out) {
  static const char text[] = "stats\r\n";
  struct ftps_memcached_ask ask = { .key = "",
    .text = text,
    .len = sizeof(text) - 1,
    .commands = 1,
    .take = add_stat,
    .arg = status_out };

  memset(status_out, 0, sizeof(*status_out));
  if (ftps_memcached_ask_all(cache->m, &ask, ADMIN_DEADLINE_MS) == 0) {
    errno = EHOSTUNREACH;
    return -1;
  }
  return 0;
}
