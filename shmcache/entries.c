/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * entries.c: see entries.h.
 *
 *   area     +----------+----------+-- --+----------+
 *            | stripe 0 | stripe 1 |     | stripe n |   128 KiB each
 *            +----------+----------+-- --+----------+
 *
 *   stripe   +------+--------+--------+-- --+------------------------------+
 *            | head | slot 0 | slot 1 |     | data                         |
 *            +------+--------+--------+-- --+------------------------------+
 *
 *   data     +-------+---------+-------+---------+-- --+-------------------+
 *            | key 0 | value 0 | key 1 | value 1 |     | free              |
 *            +-------+---------+-------+---------+-- --+-------------------+
 *                                                       ^ head.used
 *
 * Slots and data are in the order in which entries were stored, oldest first.
 * A key belongs to one stripe, chosen by SipHash under a secret.  The slot has
 * other bits of the hash, so that a search reads slots and only one key.  An
 * entry that is removed or replaced leaves its bytes, and its slot without a
 * key.
 *
 * When there are no more slots or data, dropped and expired entries are
 * squeezed out.  Then the oldest entries are removed until an eighth of the
 * stripe is free, so that the rest is moved once for many new entries.
 *
 * head.changing is set while a stripe is being changed.  If a process is killed
 * meanwhile, it stays set: then readers find nothing, and the next writer
 * empties the stripe.  Another process reads only after a lock has changed
 * hands.  So only the compiler must not change the order of stores; the
 * processor may.
 */
#include "entries.h"

#include <stdatomic.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

struct head {
  uint32_t changing;
  uint32_t n;    /* slots in use, with the dropped ones */
  uint32_t used; /* bytes of data in use, with the dropped ones */
  uint32_t unused;
  uint64_t evictions;
  uint64_t expired;
};

struct slot {
  uint32_t tag;
  uint32_t offset; /* in data */
  uint64_t expires;
  uint32_t value_len;
  uint16_t key_len; /* 0: dropped */
  uint16_t unused;
};

#define N_SLOTS     448U
#define DATA_OFFSET (sizeof(struct head) + N_SLOTS * sizeof(struct slot))
#define DATA_SIZE   (FTPS_SHM_STRIPE_SIZE - DATA_OFFSET)

_Static_assert(sizeof(struct head) == 32, "no padding");
_Static_assert(sizeof(struct slot) == 24, "no padding");
_Static_assert(DATA_SIZE > FTPS_SHM_MAX_KEY + FTPS_SHM_MAX_VALUE,
    "a stripe holds the largest entry");

/* Compilers may read memory again instead of keeping a copy, and other
 * processes write there.  After this call a copy is a copy.
 */
static void settle(void) {
  atomic_signal_fence(memory_order_seq_cst);
}

static unsigned char *get0_stripe(const struct ftps_shm_store *store,
    uint32_t i) {
  return store->area + (size_t) i * FTPS_SHM_STRIPE_SIZE;
}

static struct slot read_slot(const unsigned char *stripe, uint32_t i) {
  struct slot slot;

  memcpy(&slot, stripe + sizeof(struct head) + i * sizeof(slot), sizeof(slot));
  settle();
  return slot;
}

static void write_slot(unsigned char *stripe, uint32_t i,
    const struct slot *slot) {
  memcpy(stripe + sizeof(struct head) + i * sizeof(*slot), slot, sizeof(*slot));
}

static size_t slot_size(const struct slot *slot) {
  return (size_t) slot->key_len + slot->value_len;
}

/* True if the entry is neither dropped nor out of bounds. */
static bool is_sound(const struct slot *slot) {
  return slot->key_len > 0 && slot->key_len <= FTPS_SHM_MAX_KEY &&
      slot->value_len <= FTPS_SHM_MAX_VALUE && slot->offset <= DATA_SIZE &&
      slot_size(slot) <= DATA_SIZE - slot->offset;
}

static bool is_expired(const struct slot *slot, time_t now) {
  return now > 0 && slot->expires <= (uint64_t) now;
}

/* Returns false, with an empty stripe's head, if the head is not valid. */
static bool read_head(const unsigned char *stripe, struct head *head_out) {
  memcpy(head_out, stripe, sizeof(*head_out));
  settle();
  if (head_out->changing == 0 && head_out->n <= N_SLOTS &&
      head_out->used <= DATA_SIZE) {
    return true;
  }

  memset(head_out, 0, sizeof(*head_out));
  return false;
}

static void write_head(unsigned char *stripe, const struct head *head) {
  settle();
  memcpy(stripe, head, sizeof(*head));
  settle();
}

static void begin_change(unsigned char *stripe, struct head *head_out) {
  (void) read_head(stripe, head_out);
  head_out->changing = 1;
  write_head(stripe, head_out);
}

static void end_change(unsigned char *stripe, struct head *head) {
  write_head(stripe, head);
  head->changing = 0;
  write_head(stripe, head);
}

static bool has_key(const unsigned char *stripe, const struct slot *slot,
    uint32_t tag, const struct ftps_shm_entry *entry) {
  return slot->tag == tag && slot->key_len == entry->key_len &&
      is_sound(slot) &&
      memcmp(stripe + DATA_OFFSET + slot->offset, entry->key, entry->key_len) ==
      0;
}

/* Returns false if there is no such slot. */
static bool find(const unsigned char *stripe, uint32_t tag,
    const struct ftps_shm_entry *entry, struct slot *slot_out) {
  struct head head;

  (void) read_head(stripe, &head);
  for (uint32_t i = 0; i < head.n; i++) {
    *slot_out = read_slot(stripe, i);
    if (has_key(stripe, slot_out, tag, entry)) {
      return true;
    }
  }

  return false;
}

static void drop_slot(unsigned char *stripe, uint32_t i) {
  struct slot none;

  memset(&none, 0, sizeof(none));
  write_slot(stripe, i, &none);
}

/* Drops the entry of a key.  There is at most one, unless another process has
 * written more.  Returns false if there was none that had not expired.
 */
static bool drop_key(unsigned char *stripe, const struct head *head,
    struct ftps_shm_place place, const struct ftps_shm_entry *entry,
    time_t now) {
  bool was_there = false;

  for (uint32_t i = 0; i < head->n; i++) {
    struct slot slot = read_slot(stripe, i);

    if (has_key(stripe, &slot, place.tag, entry)) {
      was_there = was_there || !is_expired(&slot, now);
      drop_slot(stripe, i);
    }
  }

  return was_there;
}

/* Counts the entries that are neither dropped nor expired. */
static void survey(const unsigned char *stripe, const struct head *head,
    time_t now, size_t *bytes_out, size_t *slots_out) {
  *bytes_out = 0;
  *slots_out = 0;
  for (uint32_t i = 0; i < head->n; i++) {
    struct slot slot = read_slot(stripe, i);

    if (is_sound(&slot) && !is_expired(&slot, now)) {
      *bytes_out += slot_size(&slot);
      *slots_out += 1;
    }
  }
}

/* Frees `need` bytes and a slot, and an eighth of the stripe. */
static void make_room(unsigned char *stripe, struct head *head, size_t need,
    time_t now) {
  unsigned char *data = stripe + DATA_OFFSET;
  size_t eighth = DATA_SIZE / 8, bytes, slots;
  size_t bytes_left = DATA_SIZE - (need > eighth ? need : eighth);
  size_t slots_left = N_SLOTS - N_SLOTS / 8;
  uint32_t n = 0, used = 0;

  survey(stripe, head, now, &bytes, &slots);
  for (uint32_t i = 0; i < head->n; i++) {
    struct slot slot = read_slot(stripe, i);
    size_t size = slot_size(&slot);

    if (!is_sound(&slot)) {
      continue;
    }
    if (is_expired(&slot, now)) {
      head->expired++;
      continue;
    }
    /* The second line is always true, unless another process writes meanwhile.
     */
    if (bytes > bytes_left || slots > slots_left || used + size > bytes_left ||
        n >= slots_left) {
      bytes -= size < bytes ? size : bytes;
      slots -= slots > 0 ? 1 : 0;
      head->evictions++;
      continue;
    }

    memmove(data + used, data + slot.offset, size);
    slot.offset = used;
    write_slot(stripe, n, &slot);
    used += (uint32_t) size;
    n++;
  }

  head->n = n;
  head->used = used;
}

static void append(unsigned char *stripe, struct head *head, uint32_t tag,
    const struct ftps_shm_entry *entry) {
  unsigned char *at = stripe + DATA_OFFSET + head->used;
  struct slot slot;

  memset(&slot, 0, sizeof(slot));
  slot.tag = tag;
  slot.offset = head->used;
  slot.expires = entry->expires;
  slot.key_len = (uint16_t) entry->key_len;
  slot.value_len = (uint32_t) entry->value_len;

  memcpy(at, entry->key, entry->key_len);
  if (entry->value_len > 0) {
    memcpy(at + entry->key_len, entry->value, entry->value_len);
  }
  write_slot(stripe, head->n, &slot);
  head->n++;
  head->used += (uint32_t) slot_size(&slot);
}

int ftps_shm_store_init(struct ftps_shm_store *store, unsigned char *area,
    uint32_t n_stripes, const unsigned char *secret) {
  EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);

  store->area = area;
  store->n_stripes = n_stripes;
  memcpy(store->secret, secret, sizeof(store->secret));
  store->mac = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
  EVP_MAC_free(mac);
  return store->mac != NULL ? 0 : -1;
}

void ftps_shm_store_release(struct ftps_shm_store *store) {
  EVP_MAC_CTX_free(store->mac);
  store->mac = NULL;
}

int ftps_shm_store_place(const struct ftps_shm_store *store, const void *key,
    size_t key_len, struct ftps_shm_place *place_out) {
  uint32_t hash[2];
  size_t size = sizeof(hash), len = 0;
  OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE,
                              &size),
    OSSL_PARAM_construct_end() };

  if (EVP_MAC_init(store->mac, store->secret, sizeof(store->secret), params) !=
          1 ||
      EVP_MAC_update(store->mac, key, key_len) != 1 ||
      EVP_MAC_final(store->mac, (unsigned char *) hash, &len, sizeof(hash)) !=
          1 ||
      len != sizeof(hash)) {
    return -1;
  }

  place_out->stripe = hash[0] % store->n_stripes;
  place_out->tag = hash[1];
  return 0;
}

bool ftps_shm_store_put(struct ftps_shm_store *store,
    struct ftps_shm_place place, const struct ftps_shm_entry *entry,
    time_t now) {
  unsigned char *stripe = get0_stripe(store, place.stripe);
  size_t size = entry->key_len + entry->value_len;
  struct head head;

  if (entry->key_len == 0 || entry->key_len > FTPS_SHM_MAX_KEY ||
      entry->value_len > FTPS_SHM_MAX_VALUE) {
    return false;
  }

  begin_change(stripe, &head);
  (void) drop_key(stripe, &head, place, entry, now);
  if (head.n == N_SLOTS || size > DATA_SIZE - head.used) {
    make_room(stripe, &head, size, now);
  }
  append(stripe, &head, place.tag, entry);
  end_change(stripe, &head);
  return true;
}

bool ftps_shm_store_has(const struct ftps_shm_store *store,
    struct ftps_shm_place place, const struct ftps_shm_entry *entry,
    time_t now) {
  struct slot slot;

  return find(get0_stripe(store, place.stripe), place.tag, entry, &slot) &&
      !is_expired(&slot, now);
}

bool ftps_shm_store_get(const struct ftps_shm_store *store,
    struct ftps_shm_place place, struct ftps_shm_entry *entry,
    unsigned char *value, time_t now) {
  const unsigned char *stripe = get0_stripe(store, place.stripe);
  struct slot slot;

  if (!find(stripe, place.tag, entry, &slot) || is_expired(&slot, now) ||
      slot.value_len > entry->value_len) {
    return false;
  }

  memcpy(value, stripe + DATA_OFFSET + slot.offset + slot.key_len,
      slot.value_len);
  entry->value = value;
  entry->value_len = slot.value_len;
  entry->expires = slot.expires;
  return true;
}

bool ftps_shm_store_del(struct ftps_shm_store *store,
    struct ftps_shm_place place, const struct ftps_shm_entry *entry,
    time_t now) {
  unsigned char *stripe = get0_stripe(store, place.stripe);
  struct head head;
  bool was_there;

  begin_change(stripe, &head);
  was_there = drop_key(stripe, &head, place, entry, now);
  end_change(stripe, &head);
  return was_there;
}

static bool has_prefix(const unsigned char *stripe, const struct slot *slot,
    const struct ftps_shm_entry *prefix) {
  return is_sound(slot) && slot->key_len >= prefix->key_len &&
      memcmp(stripe + DATA_OFFSET + slot->offset, prefix->key,
          prefix->key_len) == 0;
}

size_t ftps_shm_store_clear(struct ftps_shm_store *store, uint32_t stripe,
    const struct ftps_shm_entry *prefix, time_t now) {
  unsigned char *base = get0_stripe(store, stripe);
  size_t n = 0;
  struct head head;

  begin_change(base, &head);
  for (uint32_t i = 0; i < head.n; i++) {
    struct slot slot = read_slot(base, i);

    if (has_prefix(base, &slot, prefix)) {
      n += is_expired(&slot, now) ? 0 : 1;
      drop_slot(base, i);
    }
  }
  end_change(base, &head);
  return n;
}

int ftps_shm_store_entry(const struct ftps_shm_store *store, uint32_t stripe,
    uint32_t i, struct ftps_shm_entry *entry_out) {
  const unsigned char *base = get0_stripe(store, stripe);
  struct head head;
  struct slot slot;

  (void) read_head(base, &head);
  if (i >= head.n) {
    return -1;
  }

  slot = read_slot(base, i);
  if (!is_sound(&slot)) {
    return 0;
  }

  entry_out->key = base + DATA_OFFSET + slot.offset;
  entry_out->key_len = slot.key_len;
  entry_out->value = entry_out->key + slot.key_len;
  entry_out->value_len = slot.value_len;
  entry_out->expires = slot.expires;
  return 1;
}

void ftps_shm_store_count(const struct ftps_shm_store *store, uint32_t stripe,
    const struct ftps_shm_entry *prefix, time_t now,
    struct ftps_shm_counts *counts) {
  const unsigned char *base = get0_stripe(store, stripe);
  struct head head;

  (void) read_head(base, &head);
  counts->evictions += head.evictions;
  counts->expired += head.expired;
  for (uint32_t i = 0; i < head.n; i++) {
    struct slot slot = read_slot(base, i);

    if (is_sound(&slot) && !is_expired(&slot, now)) {
      counts->used += slot_size(&slot);
      counts->entries += has_prefix(base, &slot, prefix) ? 1 : 0;
    }
  }
}
