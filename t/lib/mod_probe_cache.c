/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_probe_cache.c: a cache that keeps nothing and takes a fifth of a second
 * to say so, which is within its deadline, for t/59-ocsp-cache.t.
 *
 * t/51-identity.t builds it against include/ftps_cache.h, as a provider outside
 * of this project would be, and reads what registering and unregistering said.
 */
#include "conf.h"
#include "ftps_cache.h"

#include <unistd.h>

#define ANSWER_US 200000

module probe_cache_module;

static struct ftps_cache *create(pool *p, const char *space, const char *info,
    const char **why_out) {
  (void) space;
  (void) info;
  (void) why_out;
  return (struct ftps_cache *) pcalloc(p, 1);
}

static void destroy(struct ftps_cache *cache) {
  (void) cache;
}

static enum ftps_cache_result put_cb(struct ftps_cache *cache, const void *key,
    size_t key_len, const void *value, size_t value_len, time_t expires,
    unsigned int deadline_ms) {
  (void) cache;
  (void) key;
  (void) key_len;
  (void) value;
  (void) value_len;
  (void) expires;
  (void) deadline_ms;
  return FTPS_CACHE_OK;
}

static enum ftps_cache_result get_cb(struct ftps_cache *cache, const void *key,
    size_t key_len, void *value, size_t *value_len, unsigned int deadline_ms) {
  (void) cache;
  (void) key;
  (void) key_len;
  (void) value;
  (void) value_len;
  (void) deadline_ms;
  (void) usleep(ANSWER_US);
  return FTPS_CACHE_MISS;
}

static enum ftps_cache_result del(struct ftps_cache *cache, const void *key,
    size_t key_len, unsigned int deadline_ms) {
  (void) cache;
  (void) key;
  (void) key_len;
  (void) deadline_ms;
  return FTPS_CACHE_OK;
}

static long clear(struct ftps_cache *cache) {
  (void) cache;
  return 0;
}

static int remove_all(struct ftps_cache *cache) {
  (void) cache;
  return 0;
}

static int status(struct ftps_cache *cache,
    struct ftps_cache_status *status_out) {
  (void) cache;
  (void) status_out;
  errno = ENOSYS;
  return -1;
}

static void say(const char *what, int res) {
  int xerrno = errno;

  (void) fprintf(stderr, "probe: %s: %s\n", what,
      res == 0 ? "0" : strerror(xerrno));
}

static int start_probe(void) {
  static const struct ftps_cache_ops ops = { .abi = FTPS_CACHE_ABI,
    .name = "probe",
    .max_key = 64,
    .create = create,
    .destroy = destroy,
    .put = put_cb,
    .add = put_cb,
    .get = get_cb,
    .del = del,
    .clear = clear,
    .remove = remove_all,
    .status = status };
  static struct ftps_cache_ops other;

  other = ops;
  other.abi = FTPS_CACHE_ABI + 1;
  say("add nothing", ftps_cache_register(NULL));
  say("add another ABI", ftps_cache_register(&other));
  other.abi = FTPS_CACHE_ABI;
  other.get = NULL;
  say("add one callback short", ftps_cache_register(&other));
  other.get = get_cb;
  other.name = NULL;
  say("add no name", ftps_cache_register(&other));
  say("add", ftps_cache_register(&ops));
  say("add once more", ftps_cache_register(&ops));
  other.name = ops.name;
  say("add again", ftps_cache_register(&other));
  say("remove no name", ftps_cache_unregister(NULL));
  say("remove other", ftps_cache_unregister("other"));
  say("remove", ftps_cache_unregister("probe"));
  say("remove again", ftps_cache_unregister("probe"));
  return ftps_cache_register(&ops);
}

module probe_cache_module = { NULL, NULL, 0x20, "probe_cache", NULL, NULL, NULL,
  start_probe, NULL, "probe", NULL, 0 };
