/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * entries.h: entries in an area of memory that many processes share.
 *
 * Lowest layer of mod_ftps_shmcache: libc and libcrypto, no header of ProFTPD,
 * no file, no lock, no clock.  segment.c owns the area and locks its stripes;
 * a function that takes a place or the number of a stripe wants that stripe
 * locked, for writing unless its store is const.
 *
 * Every process that has the area can write to it, and some run as users:
 * nothing in it is believed.  What is read is copied out once and checked
 * before it is used; what does not fit is treated as not there, and whoever
 * changes a stripe that makes no sense empties it first.
 */
#ifndef FTPS_SHM_ENTRIES_H
#define FTPS_SHM_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <openssl/evp.h>

#define FTPS_SHM_STRIPE_SIZE 131072U
#define FTPS_SHM_SECRET_SIZE 16U
#define FTPS_SHM_MAX_KEY     512U
#define FTPS_SHM_MAX_VALUE   65536U

/* Changes whenever the area's layout does. */
#define FTPS_SHM_LAYOUT 1U

/* This process's own, never in the area. */
struct ftps_shm_store {
  unsigned char *area; /* the caller's; n_stripes * FTPS_SHM_STRIPE_SIZE,
                        * aligned to 8; all zeros is an empty store */
  uint32_t n_stripes;
  EVP_MAC_CTX *mac;
  unsigned char secret[FTPS_SHM_SECRET_SIZE];
};

/* Where a key belongs. */
struct ftps_shm_place {
  uint32_t stripe;
  uint32_t tag;
};

struct ftps_shm_entry {
  const unsigned char *key;
  size_t key_len;
  const unsigned char *value;
  size_t value_len;
  uint64_t expires; /* seconds of time() */
};

struct ftps_shm_counts {
  uint64_t entries; /* not expired, with the prefix asked for */
  uint64_t used;    /* bytes, of all entries */
  uint64_t evictions;
  uint64_t expired;
};

/* 0, or -1: out of memory, or no SipHash in libcrypto. */
int ftps_shm_store_init(struct ftps_shm_store *store, unsigned char *area,
    uint32_t n_stripes, const unsigned char *secret);

/* The area stays the caller's. */
void ftps_shm_store_release(struct ftps_shm_store *store);

/* 0, or -1: the hash failed. */
int ftps_shm_store_place(const struct ftps_shm_store *store, const void *key,
    size_t key_len, struct ftps_shm_place *place_out);

/* Makes room by dropping what has expired, then the oldest.  False: larger than
 * can be.
 */
bool ftps_shm_store_put(struct ftps_shm_store *store,
    struct ftps_shm_place place, const struct ftps_shm_entry *entry,
    time_t now);

/* Is there an entry of that key? */
bool ftps_shm_store_has(const struct ftps_shm_store *store,
    struct ftps_shm_place place, const struct ftps_shm_entry *entry,
    time_t now);

/* *entry has the key, and the room as value_len; value_len becomes the size.
 * False: not there, expired, or larger than the room.
 */
bool ftps_shm_store_get(const struct ftps_shm_store *store,
    struct ftps_shm_place place, struct ftps_shm_entry *entry,
    unsigned char *value, time_t now);

/* False: it was not there. */
bool ftps_shm_store_del(struct ftps_shm_store *store,
    struct ftps_shm_place place, const struct ftps_shm_entry *entry,
    time_t now);

/* Drops the entries of one stripe whose keys begin with `prefix`; how many had
 * not expired.
 */
size_t ftps_shm_store_clear(struct ftps_shm_store *store, uint32_t stripe,
    const struct ftps_shm_entry *prefix, time_t now);

/* Entry i of a stripe, oldest first; its pointers lead into the area, so the
 * area must be a private copy.  1; 0: dropped or damaged; -1: there are no
 * more.
 */
int ftps_shm_store_entry(const struct ftps_shm_store *store, uint32_t stripe,
    uint32_t i, struct ftps_shm_entry *entry_out);

/* Adds one stripe to *counts; a private copy here, too. */
void ftps_shm_store_count(const struct ftps_shm_store *store, uint32_t stripe,
    const struct ftps_shm_entry *prefix, time_t now,
    struct ftps_shm_counts *counts);

#endif /* FTPS_SHM_ENTRIES_H */
