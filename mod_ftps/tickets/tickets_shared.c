/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * tickets_shared.c: see tickets_shared.h.
 *
 * After a call without an answer the cache returns at once for a while, so an
 * exchange waits for at most one deadline.  A cache that is only slow is read
 * for past epochs for as long, and for anything at all for twice as long; the
 * rest comes at the next exchange.  The daemon accepts nobody meanwhile.
 */
#include "tickets/tickets_shared.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
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
  uint64_t end;      /* no requests at all after this time, ms */
  bool is_refilling; /* the cache has lost what we had stored */
};

/* In the ring, the other secret of an epoch begins a second before the first,
 * so that it comes after it.
 */
enum rank {
  FIRST,
  OTHER
};

static void name_record(const struct exchange *x, int64_t epoch, enum rank rank,
    char *name) {
  (void) snprintf(name, NAME_SIZE, "tickets/%" PRId64 "/%" PRId64 "%s",
      x->interval, epoch, rank == OTHER ? "/other" : "");
}

static int64_t begin_of(const struct exchange *x, int64_t epoch,
    enum rank rank) {
  return epoch * x->interval - (rank == OTHER ? 1 : 0);
}

static int64_t epoch_of(const struct exchange *x,
    const struct ftps_ticket_secret *own) {
  return (own->begins + 1) / x->interval;
}

static int64_t end_of(const struct exchange *x, int64_t epoch) {
  return epoch * x->interval + x->age;
}

/* Returns NULL if there is none. */
static const struct ftps_ticket_secret *find(const struct exchange *x,
    int64_t epoch, enum rank rank) {
  for (size_t i = 0; i < x->ring->n; i++) {
    if (x->ring->secrets[i].begins == begin_of(x, epoch, rank)) {
      return &x->ring->secrets[i];
    }
  }

  return NULL;
}

static bool is_equal(const struct ftps_ticket_secret *own,
    const unsigned char *secret) {
  return own != NULL &&
      CRYPTO_memcmp(own->bytes, secret, FTPS_TICKET_SECRET_SIZE) == 0;
}

static int keep(const struct exchange *x, int64_t epoch, enum rank rank,
    const unsigned char *secret) {
  return ftps_keyring_add(x->ring, secret, begin_of(x, epoch, rank),
      end_of(x, epoch));
}

static bool is_over(const struct exchange *x) {
  return ftps_clock_ms() >= x->end;
}

/* Without time nothing is found, and nothing can be stored. */
static enum ftps_cache_result get(const struct exchange *x, int64_t epoch,
    enum rank rank, unsigned char *secret) {
  size_t len = FTPS_TICKET_SECRET_SIZE;
  enum ftps_cache_result result;
  char name[NAME_SIZE];

  if (is_over(x)) {
    return FTPS_CACHE_MISS;
  }

  name_record(x, epoch, rank, name);
  result = ftps_cache_get_key(x->daemon, name, secret, &len);
  return result == FTPS_CACHE_OK && len != FTPS_TICKET_SECRET_SIZE
      ? FTPS_CACHE_MISS
      : result;
}

static enum ftps_cache_result offer(const struct exchange *x, int64_t epoch,
    enum rank rank, const unsigned char *secret) {
  char name[NAME_SIZE];

  if (is_over(x)) {
    return FTPS_CACHE_MISS;
  }

  name_record(x, epoch, rank, name);
  return ftps_cache_add_key(x->daemon, name, secret, FTPS_TICKET_SECRET_SIZE,
      (time_t) end_of(x, epoch));
}

/* Ours was the first of its epoch; the cache has lost it, and has another. */
static int put_behind(struct exchange *x, int64_t epoch,
    const struct ftps_ticket_secret *own) {
  unsigned char secret[FTPS_TICKET_SECRET_SIZE];
  int res;

  x->is_refilling = true;
  memcpy(secret, own->bytes, sizeof(secret));
  res = keep(x, epoch, OTHER, secret);
  OPENSSL_cleanse(secret, sizeof(secret));
  return res;
}

/* From now on the secret in the cache is the first of its epoch. */
static enum ftps_cache_result fetch_first(struct exchange *x, int64_t epoch) {
  const struct ftps_ticket_secret *own = find(x, epoch, FIRST);
  unsigned char secret[FTPS_TICKET_SECRET_SIZE];
  enum ftps_cache_result result = get(x, epoch, FIRST, secret);

  if (result == FTPS_CACHE_OK && !is_equal(own, secret) &&
      ((own != NULL && put_behind(x, epoch, own) < 0) ||
          keep(x, epoch, FIRST, secret) < 0)) {
    result = FTPS_CACHE_MISS;
  }

  OPENSSL_cleanse(secret, sizeof(secret));
  return result;
}

static enum ftps_cache_result fetch_other(const struct exchange *x,
    int64_t epoch) {
  unsigned char secret[FTPS_TICKET_SECRET_SIZE];
  enum ftps_cache_result result = get(x, epoch, OTHER, secret);

  if (result == FTPS_CACHE_OK && !is_equal(find(x, epoch, FIRST), secret) &&
      !is_equal(find(x, epoch, OTHER), secret) &&
      keep(x, epoch, OTHER, secret) < 0) {
    result = FTPS_CACHE_MISS;
  }

  OPENSSL_cleanse(secret, sizeof(secret));
  return result;
}

/* The secret is kept only if the cache has accepted it. */
static enum ftps_cache_result offer_new(const struct exchange *x,
    int64_t epoch) {
  unsigned char secret[FTPS_TICKET_SECRET_SIZE];
  enum ftps_cache_result result = FTPS_CACHE_UNAVAILABLE;

  if (RAND_priv_bytes(secret, sizeof(secret)) == 1) {
    result = offer(x, epoch, FIRST, secret);
    if (result == FTPS_CACHE_OK && keep(x, epoch, FIRST, secret) < 0) {
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
  enum ftps_cache_result result = fetch_first(x, epoch);

  if (result != FTPS_CACHE_MISS) {
    return result;
  }

  own = find(x, epoch, FIRST);
  if (own != NULL) {
    x->is_refilling = true;
    result = offer(x, epoch, FIRST, own->bytes);
  } else {
    result = offer_new(x, epoch);
  }

  return result == FTPS_CACHE_MISS ? fetch_first(x, epoch) : result;
}

static bool has_time(const struct exchange *x) {
  return ftps_clock_ms() < x->until;
}

/* The other secrets are offered after the first ones have been settled, because
 * settling may move secrets of this host behind those in the cache.
 */
static enum ftps_cache_result refill(struct exchange *x) {
  enum ftps_cache_result result = FTPS_CACHE_OK;
  int64_t epoch = epoch_of(x, &x->ring->secrets[0]),
          oldest = epoch_of(x, &x->ring->secrets[x->ring->n - 1]);

  for (int64_t e = epoch;
       e >= oldest && has_time(x) && result != FTPS_CACHE_UNAVAILABLE; e--) {
    result = find(x, e, FIRST) != NULL ? settle(x, e) : result;
  }

  for (int64_t e = epoch;
       e >= oldest && has_time(x) && result != FTPS_CACHE_UNAVAILABLE; e--) {
    const struct ftps_ticket_secret *own = find(x, e, OTHER);

    result = own != NULL ? offer(x, e, OTHER, own->bytes) : result;
  }

  return result;
}

/* This host may have made its own while the cache was out of reach. */
static enum ftps_cache_result fetch_epoch(struct exchange *x, int64_t epoch) {
  enum ftps_cache_result result = fetch_first(x, epoch);

  return result != FTPS_CACHE_UNAVAILABLE ? fetch_other(x, epoch) : result;
}

static bool is_looking_back(const struct exchange *x,
    const struct ftps_tickets_sharing *sharing) {
  return x->now - sharing->since < FTPS_TICKETS_LEAD;
}

/* Fetches what others used while this host did not ask.  It goes on for a
 * while, because the cache may have lost that too, and get it back from others.
 */
static enum ftps_cache_result fetch_past(struct exchange *x,
    struct ftps_tickets_sharing *sharing, int64_t epoch) {
  if (sharing->past == 0 || sharing->past >= epoch) {
    sharing->past = epoch - 1;
  }

  while (end_of(x, sharing->past) > x->now &&
      epoch - sharing->past < (int64_t) x->ring->room) {
    if (!has_time(x)) {
      return FTPS_CACHE_OK;
    }
    if (fetch_epoch(x, sharing->past) == FTPS_CACHE_UNAVAILABLE) {
      return FTPS_CACHE_UNAVAILABLE;
    }
    if (is_over(x)) {
      return FTPS_CACHE_OK;
    }
    sharing->past--;
  }

  if (is_looking_back(x, sharing)) {
    sharing->past = 0;
  }
  return FTPS_CACHE_OK;
}

static int64_t lead_of(const struct exchange *x) {
  return x->interval / 2 < FTPS_TICKETS_LEAD ? x->interval / 2
                                             : FTPS_TICKETS_LEAD;
}

static bool is_next_due(const struct exchange *x, int64_t epoch) {
  return begin_of(x, epoch + 1, FIRST) - x->now <= lead_of(x);
}

/* The host has just started, or its network or its clock was away. */
static void note_absence(const struct exchange *x,
    struct ftps_tickets_sharing *sharing) {
  if (x->now < sharing->last || x->now - sharing->last > lead_of(x)) {
    sharing->since = x->now;
    sharing->past = 0;
  }
  sharing->last = x->now;
}

/* Returns false if the cache did not answer. */
static bool ask(struct exchange *x, struct ftps_tickets_sharing *sharing) {
  int64_t epoch = x->now / x->interval;

  if (settle(x, epoch) == FTPS_CACHE_UNAVAILABLE ||
      fetch_other(x, epoch) == FTPS_CACHE_UNAVAILABLE ||
      (is_next_due(x, epoch) &&
          settle(x, epoch + 1) == FTPS_CACHE_UNAVAILABLE) ||
      (x->is_refilling && refill(x) == FTPS_CACHE_UNAVAILABLE)) {
    return false;
  }

  note_absence(x, sharing);
  return fetch_past(x, sharing, epoch) != FTPS_CACHE_UNAVAILABLE;
}

int ftps_tickets_share(struct ftps_keyring *ring,
    struct ftps_tickets_sharing *sharing, int64_t now) {
  uint64_t start = ftps_clock_ms();
  struct exchange x = { .daemon = sharing->daemon,
    .ring = ring,
    .age = sharing->age,
    .interval = ftps_keyring_interval(sharing->age),
    .now = now,
    .until = start + FTPS_CACHE_DEADLINE_MS,
    .end = start + 2 * FTPS_CACHE_DEADLINE_MS };
  unsigned char secret[FTPS_TICKET_SECRET_SIZE];
  int res = 0;

  /* Only a host with a wrong clock has made secrets after the next epoch. */
  ftps_keyring_forget_later(ring, now + x.interval);
  ftps_keyring_expire(ring, now);
  sharing->is_reachable = ask(&x, sharing);
  if (ring->n == 0) {
    res = RAND_priv_bytes(secret, sizeof(secret)) == 1
        ? keep(&x, now / x.interval, FIRST, secret)
        : -1;
    OPENSSL_cleanse(secret, sizeof(secret));
  }

  return res;
}
