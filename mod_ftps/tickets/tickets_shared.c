/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * tickets_shared.c: see tickets_shared.h.
 *
 * After a call without an answer the cache returns at once for a while, so an
 * exchange waits for at most one deadline.  A cache that is only slow is read
 * for past epochs for as long, and for the rest at the next exchange.
 */
#include "tickets/tickets_shared.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/clock.h"
#include "cache/cache.h"

#define NAME_SIZE 64

struct exchange {
  struct ftps_daemon *daemon;
  struct ftps_keyring *ring;
  int64_t age;
  int64_t interval;
  int64_t now;
  uint64_t until;    /* no requests for past epochs after this time, ms */
  bool is_refilling; /* the cache has lost what we had stored */
};

static void name_epoch(const struct exchange *x, int64_t epoch, char *name) {
  (void) snprintf(name, NAME_SIZE, "tickets/%" PRId64 "/%" PRId64, x->interval,
      epoch);
}

static int64_t begin_of(const struct exchange *x, int64_t epoch) {
  return epoch * x->interval;
}

/* Returns NULL if there is none of this epoch. */
static const struct ftps_ticket_secret *find_epoch(const struct exchange *x,
    int64_t epoch) {
  for (size_t i = 0; i < x->ring->n; i++) {
    if (x->ring->secrets[i].begins == begin_of(x, epoch)) {
      return &x->ring->secrets[i];
    }
  }

  return NULL;
}

static int keep(const struct exchange *x, int64_t epoch,
    const unsigned char *secret) {
  return ftps_keyring_add(x->ring, secret, begin_of(x, epoch),
      begin_of(x, epoch) + x->age);
}

/* From now on the secret in the cache is the first of its epoch. */
static enum ftps_cache_result fetch(const struct exchange *x, int64_t epoch) {
  unsigned char secret[FTPS_TICKET_SECRET_SIZE];
  size_t len = sizeof(secret);
  enum ftps_cache_result result;
  char name[NAME_SIZE];

  name_epoch(x, epoch, name);
  result = ftps_cache_get_key(x->daemon, name, secret, &len);
  if (result == FTPS_CACHE_OK &&
      (len != sizeof(secret) || keep(x, epoch, secret) < 0)) {
    result = FTPS_CACHE_MISS;
  }

  OPENSSL_cleanse(secret, sizeof(secret));
  return result;
}

static enum ftps_cache_result offer(const struct exchange *x, int64_t epoch,
    const unsigned char *secret) {
  char name[NAME_SIZE];

  name_epoch(x, epoch, name);
  return ftps_cache_add_key(x->daemon, name, secret, FTPS_TICKET_SECRET_SIZE,
      (time_t) (begin_of(x, epoch) + x->age));
}

/* The secret is kept only if the cache has accepted it. */
static enum ftps_cache_result offer_new(const struct exchange *x,
    int64_t epoch) {
  unsigned char secret[FTPS_TICKET_SECRET_SIZE];
  enum ftps_cache_result result = FTPS_CACHE_UNAVAILABLE;

  if (RAND_priv_bytes(secret, sizeof(secret)) == 1) {
    result = offer(x, epoch, secret);
    if (result == FTPS_CACHE_OK && keep(x, epoch, secret) < 0) {
      result = FTPS_CACHE_UNAVAILABLE;
    }
  }

  OPENSSL_cleanse(secret, sizeof(secret));
  return result;
}

/* Makes sure that this host and the cache have the same secret for an epoch.
 * Another host may be faster between our two calls.
 */
static enum ftps_cache_result settle(struct exchange *x, int64_t epoch) {
  const struct ftps_ticket_secret *own;
  enum ftps_cache_result result = fetch(x, epoch);

  if (result != FTPS_CACHE_MISS) {
    return result;
  }

  own = find_epoch(x, epoch);
  if (own != NULL) {
    x->is_refilling = true;
    result = offer(x, epoch, own->bytes);
  } else {
    result = offer_new(x, epoch);
  }

  return result == FTPS_CACHE_MISS ? fetch(x, epoch) : result;
}

static bool has_time(const struct exchange *x) {
  return ftps_clock_ms() < x->until;
}

static enum ftps_cache_result refill(const struct exchange *x) {
  enum ftps_cache_result result = FTPS_CACHE_OK;

  for (size_t i = 0;
       i < x->ring->n && has_time(x) && result != FTPS_CACHE_UNAVAILABLE; i++) {
    const struct ftps_ticket_secret *own = &x->ring->secrets[i];

    result = offer(x, own->begins / x->interval, own->bytes);
  }

  return result;
}

/* Fetches what others used before this host started, once for each epoch. */
static enum ftps_cache_result fetch_past(const struct exchange *x,
    int64_t epoch, int64_t *past) {
  enum ftps_cache_result result = FTPS_CACHE_OK;

  if (*past == 0 || *past >= epoch) {
    *past = epoch - 1;
  }

  while (begin_of(x, *past) + x->age > x->now &&
      epoch - *past < (int64_t) x->ring->room && has_time(x)) {
    if (find_epoch(x, *past) == NULL) {
      result = fetch(x, *past);
    }
    if (result == FTPS_CACHE_UNAVAILABLE) {
      return result;
    }
    (*past)--;
  }

  return FTPS_CACHE_OK;
}

static int64_t lead_of(const struct exchange *x) {
  return x->interval / 2 < FTPS_TICKETS_LEAD ? x->interval / 2
                                             : FTPS_TICKETS_LEAD;
}

/* Returns false if the cache did not answer. */
static bool ask(struct exchange *x, struct ftps_tickets_sharing *sharing) {
  int64_t epoch = x->now / x->interval;

  if (settle(x, epoch) == FTPS_CACHE_UNAVAILABLE ||
      (begin_of(x, epoch + 1) - x->now <= lead_of(x) &&
          settle(x, epoch + 1) == FTPS_CACHE_UNAVAILABLE) ||
      (x->is_refilling && refill(x) == FTPS_CACHE_UNAVAILABLE)) {
    return false;
  }

  return fetch_past(x, epoch, &sharing->past) != FTPS_CACHE_UNAVAILABLE;
}

int ftps_tickets_share(struct ftps_keyring *ring,
    struct ftps_tickets_sharing *sharing, int64_t now) {
  struct exchange x = { .daemon = sharing->daemon,
    .ring = ring,
    .age = sharing->age,
    .interval = ftps_keyring_interval(sharing->age),
    .now = now,
    .until = ftps_clock_ms() + FTPS_CACHE_DEADLINE_MS };
  unsigned char secret[FTPS_TICKET_SECRET_SIZE];
  int res = 0;

  /* Only a host with a wrong clock has made secrets after the next epoch. */
  ftps_keyring_forget_later(ring, now + x.interval);
  ftps_keyring_expire(ring, now);
  sharing->is_reachable = ask(&x, sharing);
  if (ring->n == 0) {
    res = RAND_priv_bytes(secret, sizeof(secret)) == 1
        ? keep(&x, now / x.interval, secret)
        : -1;
    OPENSSL_cleanse(secret, sizeof(secret));
  }

  return res;
}
