/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * thousand_hosts_test.c: a simulation of 1,000 hosts that share ticket secrets
 * through one cache (tickets/tickets_shared.h).
 *
 * Clocks are up to two minutes wrong, hosts restart, the cache loses all that
 * it has, and it is out of reach of some hosts for longer than a secret lives.
 * At each step some clients get tickets, and come back at any time of the
 * ticket's life to any host.  A ticket that this host cannot open costs a full
 * handshake.  There must be none but by the partition: tickets that were made
 * or brought where the cache was out of reach.
 *
 * The time is an argument, and chance comes from a generator with a fixed seed,
 * so each run does the same.
 */
#include "tickets/tickets_shared.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache/cache.h"

#define HOUR    3600
#define AGE     (4 * HOUR)
#define START   ((int64_t) 1000 * HOUR)
#define END     (START + 10 * HOUR)
#define TICK    15
#define ROOM    10
#define HOSTS   1000
#define RECORDS 64
#define SKEW    120

#define TICKETS_A_STEP 100
#define STEPS          ((END - START) / TICK)
#define TICKETS        (TICKETS_A_STEP * STEPS)

/* The cache loses all at these times.  Two exchanges later, hosts that started
 * in the same moment have got from the others what they do not know.
 */
#define LOSSES_EVERY (4 * HOUR)
#define REFILLED     (2 * TICK)

struct host {
  struct ftps_tickets_sharing sharing;
  int64_t skew;
  int64_t cut_until;
  _Alignas(struct ftps_keyring) unsigned char memory[1024];
};

struct ticket {
  unsigned char name[FTPS_TICKET_ID_SIZE];
  size_t reader;
  int64_t back; /* the client comes with it */
  bool is_of_partition;
};

static struct {
  char name[64];
  unsigned char key[FTPS_TICKET_SECRET_SIZE];
} records[RECORDS];
static size_t n_records;

static struct host hosts[HOSTS];
static uint32_t n_hosts = HOSTS;
static struct ticket tickets[TICKETS];
static size_t n_tickets;
static bool has_losses;
static bool is_cut; /* the host whose turn it is */
static uint32_t chance = 1;

/* Numerical Recipes' linear congruential generator. */
static uint32_t draw(uint32_t below) {
  chance = chance * 1664525U + 1013904223U;
  return (uint32_t) (((uint64_t) chance * below) >> 32);
}

static size_t find_record(const char *name) {
  size_t i = 0;

  while (i < n_records && strcmp(records[i].name, name) != 0) {
    i++;
  }
  return i;
}

enum ftps_cache_result ftps_cache_add_key(struct ftps_daemon *daemon,
    const char *name, const unsigned char *key, size_t len, time_t expires) {
  (void) daemon;
  (void) expires;
  if (is_cut) {
    return FTPS_CACHE_UNAVAILABLE;
  }
  if (find_record(name) < n_records) {
    return FTPS_CACHE_MISS;
  }

  assert_true(n_records < RECORDS);
  (void) snprintf(records[n_records].name, sizeof(records[0].name), "%s", name);
  memcpy(records[n_records++].key, key, len);
  return FTPS_CACHE_OK;
}

enum ftps_cache_result ftps_cache_get_key(struct ftps_daemon *daemon,
    const char *name, unsigned char *key, size_t *len) {
  size_t i = find_record(name);

  (void) daemon;
  if (is_cut) {
    return FTPS_CACHE_UNAVAILABLE;
  }
  if (i == n_records) {
    return FTPS_CACHE_MISS;
  }

  memcpy(key, records[i].key, *len);
  return FTPS_CACHE_OK;
}

static struct ftps_keyring *ring_of(struct host *host) {
  return (struct ftps_keyring *) (void *) host->memory;
}

static void tick(struct host *host, int64_t now) {
  is_cut = now < host->cut_until;
  assert_int_equal(ftps_tickets_share(ring_of(host), &host->sharing,
                       now + host->skew),
      0);
}

static void restart(struct host *host, int64_t now) {
  memset(&host->sharing, 0, sizeof(host->sharing));
  memset(host->memory, 0, sizeof(host->memory));
  host->sharing.age = AGE;
  ring_of(host)->room = ROOM;
  tick(host, now);
}

/* The client comes back while the secret lives by any host's clock. */
static void hand_out(int64_t now) {
  struct host *host = &hosts[draw(n_hosts)];
  int64_t own_time = now + host->skew;
  const struct ftps_ticket_secret *secret =
      ftps_keyring_current(ring_of(host), own_time);
  struct ticket *ticket = &tickets[n_tickets];
  int64_t life;

  assert_non_null(secret);
  life = secret->expires - own_time - (int64_t) 2 * SKEW;
  if (life > 0) {
    memcpy(ticket->name, secret->id, sizeof(ticket->name));
    ticket->reader = draw(n_hosts);
    ticket->back = now + draw((uint32_t) life);
    ticket->is_of_partition = now < host->cut_until;
    n_tickets++;
  }
}

struct outcome {
  unsigned int opened;
  unsigned int lost; /* none of these may be */
  unsigned int lost_in_refill;
  unsigned int lost_to_partition;
};

static bool is_refilling(int64_t now) {
  return has_losses && (now - START) % LOSSES_EVERY < REFILLED;
}

static void bring_back(int64_t now, struct outcome *outcome) {
  size_t left = 0;

  for (size_t i = 0; i < n_tickets; i++) {
    const struct ticket *ticket = &tickets[i];
    struct host *host = &hosts[ticket->reader];

    if (ticket->back > now) {
      tickets[left++] = *ticket;
    } else if (ftps_keyring_find(ring_of(host), ticket->name,
                   now + host->skew) != NULL) {
      outcome->opened++;
    } else if (ticket->is_of_partition || now < host->cut_until) {
      outcome->lost_to_partition++;
    } else if (is_refilling(now)) {
      outcome->lost_in_refill++;
    } else {
      outcome->lost++;
    }
  }
  n_tickets = left;
}

static void start_all(void) {
  for (size_t i = 0; i < n_hosts; i++) {
    hosts[i].skew = (int64_t) draw(2 * SKEW + 1) - SKEW;
    hosts[i].cut_until = 0;
    restart(&hosts[i], START);
  }
  for (size_t i = 0; i < n_hosts; i++) {
    tick(&hosts[i], START + TICK);
  }
}

static void restarts(int64_t now) {
  if (draw(4) == 0) {
    restart(&hosts[draw(n_hosts)], now);
  }
}

/* Half a day, with what happens to hosts and cache. */
static struct outcome live(void (*happens)(int64_t now)) {
  struct outcome outcome = { 0 };

  n_records = n_tickets = 0;
  has_losses = happens != restarts;
  start_all();
  for (int64_t now = START + (int64_t) 2 * TICK; now < END; now += TICK) {
    happens(now);
    for (size_t i = 0; i < n_hosts; i++) {
      tick(&hosts[i], now);
    }
    for (int i = 0; i < TICKETS_A_STEP; i++) {
      hand_out(now);
    }
    bring_back(now, &outcome);
  }

  print_message("# %u tickets opened, %u lost, %u in the seconds after "
                "a loss of the cache, %u by the partition\n",
      outcome.opened, outcome.lost, outcome.lost_in_refill,
      outcome.lost_to_partition);
  return outcome;
}

/* The cache and some hosts lose their power at the same time. */
static void losses(int64_t now) {
  restarts(now);
  if ((now - START) % LOSSES_EVERY == 0) {
    n_records = 0;
    for (size_t i = 0; i < n_hosts / 4; i++) {
      restart(&hosts[i], now);
    }
  }
}

/* A tenth of the hosts cannot reach the cache for five hours; some of them
 * restart meanwhile.
 */
static void partition(int64_t now) {
  losses(now);
  if (now == START + (int64_t) 2 * HOUR) {
    for (size_t i = n_hosts / 2; i < n_hosts / 2 + n_hosts / 10; i++) {
      hosts[i].cut_until = now + AGE + HOUR;
    }
  }
}

static void restarts_lose_none(void **state) {
  (void) state;
  assert_int_equal(live(restarts).lost, 0);
}

static void losses_of_the_cache_lose_none(void **state) {
  (void) state;
  assert_int_equal(live(losses).lost, 0);
}

static void a_partition_loses_only_its_own(void **state) {
  struct outcome outcome = live(partition);

  (void) state;
  assert_int_equal(outcome.lost, 0);
  assert_true(outcome.lost_to_partition > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(restarts_lose_none),
    cmocka_unit_test(losses_of_the_cache_lose_none),
    cmocka_unit_test(a_partition_loses_only_its_own),
  };

  if (getenv("FTPS_VALGRIND") != NULL) {
    n_hosts = HOSTS / 10; /* it takes minutes there */
  }
  return cmocka_run_group_tests(tests, NULL, NULL);
}
