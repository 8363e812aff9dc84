/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * tickets_shared_fuzz.c: a ring of ticket secrets that several hosts share
 * through a cache which answers anything (tickets/tickets_shared.c).  Each byte
 * is one answer; those that find a record take its length and bytes from what
 * follows.
 *
 * Whatever the cache says, there is a secret for new tickets.
 */
#include "tickets/tickets_shared.h"

#include <string.h>

#include "cache/cache.h"

#include "t/fuzz/fuzz.h"

#define HOUR      3600
#define AGE       ((int64_t) 4 * HOUR)
#define START     ((int64_t) 1000 * HOUR)
#define ROOM      6
#define EXCHANGES 24

static struct {
  const uint8_t *at;
  size_t left;
} input;

static unsigned int take_byte(void) {
  if (input.left == 0) {
    return 0;
  }

  input.left--;
  return *input.at++;
}

enum ftps_cache_result ftps_cache_add_key(struct ftps_daemon *daemon,
    const char *name, const unsigned char *key, size_t len, time_t expires) {
  (void) daemon;
  CHECK(strlen(name) > 0 && key != NULL && len > 0 && expires > 0);
  return (enum ftps_cache_result)(take_byte() % 3);
}

enum ftps_cache_result ftps_cache_get_key(struct ftps_daemon *daemon,
    const char *name, unsigned char *key, size_t *len) {
  unsigned int answer = take_byte();
  size_t size = take_byte() % 80;

  (void) daemon;
  CHECK(strlen(name) > 0);
  if (answer % 3 != FTPS_CACHE_OK) {
    return (enum ftps_cache_result)(answer % 3);
  }

  size = size < *len ? size : *len;
  for (size_t i = 0; i < size; i++) {
    key[i] = (unsigned char) take_byte();
  }
  *len = size;
  return FTPS_CACHE_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static _Alignas(struct ftps_keyring) unsigned char memory[1024];
  struct ftps_keyring *ring = (struct ftps_keyring *) (void *) memory;
  struct ftps_tickets_sharing sharing = { .age = AGE };
  int64_t now = START;

  CHECK(ftps_keyring_size(ROOM) <= sizeof(memory));
  memset(memory, 0, sizeof(memory));
  ring->room = ROOM;
  input.at = data;
  input.left = size;
  for (int i = 0; i < EXCHANGES && (i == 0 || input.left > 0); i++) {
    CHECK(ftps_tickets_share(ring, &sharing, now) == 0);
    CHECK(ring->n >= 1 && ring->n <= ROOM);
    CHECK(ftps_keyring_current(ring, now) != NULL);
    now += (int64_t) take_byte() * 60;
  }

  return 0;
}
