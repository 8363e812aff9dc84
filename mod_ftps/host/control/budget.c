/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * budget.c: see budget.h.
 *
 * A place is a key and a time; each is changed in one step, but not both
 * together.  When a place gets a new owner, another process may still count
 * there for the old one, or the new one may find what the old one owed.  Both
 * are wrong by a few handshakes of one address, which is nothing.
 */
#include "host/control/budget.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/pages.h"

/* An account can be in any of these places, which are side by side. */
#define WAYS 4U

#define SETS (FTPS_BUDGET_ACCOUNTS / WAYS)

#define SECRET_SIZE 16

/* This much of an IPv6 address belongs to one client. */
#define PREFIX_SIZE 8

/* What a handshake of the default settings takes on a slow machine. */
#define UNIT_MS 4U

/* A signature with an RSA key of this size takes a unit, and the time grows
 * with the cube of the size.
 */
#define DEAR_BITS 4096U

#define TELL_EVERY_MS 60000U

struct account {
  _Atomic uint64_t key; /* 0: nobody's */
  _Atomic uint64_t due; /* when all is paid, microseconds */
};

struct ftps_budget {
  struct account accounts[SETS][WAYS];
  _Atomic uint64_t told;             /* ms; 0: never */
  unsigned char secret[SECRET_SIZE]; /* set before anybody is forked */
};

struct ftps_budget *ftps_budget_new(void) {
  struct ftps_budget *budget = ftps_pages_shared(sizeof(*budget));

  if (budget == NULL) {
    return NULL;
  }

  if (RAND_bytes(budget->secret, sizeof(budget->secret)) != 1) {
    (void) munmap(budget, sizeof(*budget));
    errno = EIO;
    return NULL;
  }

  return budget;
}

/* The part that is the client's own.  IPv4 comes as IPv6 too. */
static size_t find_own_part(const unsigned char **address, size_t len) {
  static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

  if (len == 16 && memcmp(*address, mapped, sizeof(mapped)) == 0) {
    *address += sizeof(mapped);
    return 4;
  }

  return len > PREFIX_SIZE ? PREFIX_SIZE : len;
}

void ftps_budget_identify(const struct ftps_budget *budget,
    const unsigned char *address, size_t len,
    struct ftps_budget_client *client) {
  struct {
    unsigned char secret[SECRET_SIZE];
    unsigned char address[PREFIX_SIZE];
    uint64_t len; /* no byte of this is unset */
    unsigned int count, seconds;
  } text = { .count = client->count, .seconds = client->seconds };
  unsigned char digest[EVP_MAX_MD_SIZE];

  client->key = 0;
  if (budget == NULL || client->count == 0) {
    return;
  }

  text.len = find_own_part(&address, len);
  memcpy(text.secret, budget->secret, sizeof(text.secret));
  memcpy(text.address, address, text.len);
  if (EVP_Digest(&text, sizeof(text), digest, NULL, EVP_sha256(), NULL) == 1) {
    memcpy(&client->key, digest, sizeof(client->key));
  }
}

static bool is_limited(const struct ftps_budget *budget,
    const struct ftps_budget_client *client) {
  return budget != NULL && client->key != 0 && client->count > 0;
}

static uint64_t window(const struct ftps_budget_client *client) {
  return client->seconds * UINT64_C(1000000);
}

static uint64_t price(const struct ftps_budget_client *client) {
  return window(client) / client->count;
}

/* Returns NULL if the client has no account. */
static struct account *find_account(struct ftps_budget *budget,
    const struct ftps_budget_client *client) {
  struct account *set = budget->accounts[client->key % SETS];

  for (size_t i = 0; i < WAYS; i++) {
    if (atomic_load(&set[i].key) == client->key) {
      return &set[i];
    }
  }

  return NULL;
}

/* The place of the one that owes least; nobody owes nothing. */
static struct account *open_account(struct ftps_budget *budget,
    const struct ftps_budget_client *client) {
  struct account *set = budget->accounts[client->key % SETS], *least = set;

  for (size_t i = 1; i < WAYS; i++) {
    if (atomic_load(&set[i].due) < atomic_load(&least->due)) {
      least = &set[i];
    }
  }

  atomic_store(&least->due, 0);
  atomic_store(&least->key, client->key);
  return least;
}

static uint64_t between(uint64_t value, uint64_t least, uint64_t most) {
  if (value < least) {
    return least;
  }

  return value < most ? value : most;
}

/* Moves the time on by `amount`, unless it would be further away than `limit`.
 * It is never further away than two windows; a value that is gets corrected, so
 * that time goes on for it.
 */
static bool pay(struct ftps_budget *budget,
    const struct ftps_budget_client *client, uint64_t amount, uint64_t limit,
    uint64_t now) {
  struct account *account = find_account(budget, client);
  uint64_t most, seen, due;
  bool is_paid;

  if (account == NULL) {
    account = open_account(budget, client);
  }

  now *= 1000;
  most = now + 2 * window(client);
  seen = atomic_load(&account->due);
  do {
    due = between(seen, now, most);
    is_paid = due + amount - now <= limit;
    if (is_paid) {
      due = between(due + amount, now, most);
    }
  } while (!atomic_compare_exchange_weak(&account->due, &seen, due));

  return is_paid;
}

bool ftps_budget_take(struct ftps_budget *budget,
    const struct ftps_budget_client *client, uint64_t now) {
  return !is_limited(budget, client) ||
      pay(budget, client, price(client), window(client), now);
}

void ftps_budget_add(struct ftps_budget *budget,
    const struct ftps_budget_client *client, unsigned int units, uint64_t now) {
  if (is_limited(budget, client) && units > 0) {
    (void) pay(budget, client, units * price(client), UINT64_MAX, now);
  }
}

void ftps_budget_return(struct ftps_budget *budget,
    const struct ftps_budget_client *client, unsigned int units) {
  struct account *account;
  uint64_t seen, amount;

  if (!is_limited(budget, client) || units == 0) {
    return;
  }

  account = find_account(budget, client);
  if (account == NULL) {
    return;
  }

  amount = units * price(client);
  seen = atomic_load(&account->due);
  while (!atomic_compare_exchange_weak(&account->due, &seen,
      seen > amount ? seen - amount : 0)) {
  }
}

unsigned int ftps_budget_extra(uint64_t cpu_ms) {
  return (unsigned int) ((cpu_ms < 60000 ? cpu_ms : 60000) / UNIT_MS);
}

unsigned int ftps_budget_signature(int rsa_bits) {
  unsigned int times = rsa_bits > 0 ? (unsigned int) rsa_bits / DEAR_BITS : 0;

  return times * times * times;
}

bool ftps_budget_may_tell(struct ftps_budget *budget, uint64_t now) {
  uint64_t told;

  if (budget == NULL) {
    return false;
  }

  told = atomic_load(&budget->told);
  if (told != 0 && now >= told && now - told < TELL_EVERY_MS) {
    return false;
  }

  return atomic_compare_exchange_strong(&budget->told, &told, now);
}
