/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * entries.h: entries in an area of memory that many processes share.
 *
 * Lowest layer of mod_ftps_shmcache: libc and libcrypto, no header of ProFTPD,
 * no file, no lock, no clock. segment.c owns the area and locks its stripes.
 * The caller of a function that takes a place or the number of a stripe must
 * have locked that stripe, for writing unless the store is const.
 *
 * Every process that has the area can write to it, and some run as users, so
 * nothing in it is trusted.  A number is copied once and checked before it is
 * used.  An entry that is not valid counts as missing.  A stripe that is not
 * valid is emptied before it is changed.
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

/* Changes whenever the layout of the area changes. */
#define FTPS_SHM_LAYOUT 1U

/* Belongs to this process and is never in the area. */
struct ftps_shm_store {
  unsigned char *area; /* owned by the caller; n_stripes *
                        * FTPS_SHM_STRIPE_SIZE, aligned to 8; all zeros is an
                        * empty store */
  uint32_t n_stripes;
  EVP_MAC_CTX *mac;
  unsigned char secret[FTPS_SHM_SECRET_SIZE];
};

/* The place of a key. */
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
  uint64_t entries; /* not expired, with the requested prefix */
  uint64_t used;    /* bytes, of all entries */
  uint64_t evictions;
  uint64_t expired;
};

/* Returns 0, or -1 if there is no memory, or no SipHash in libcrypto. */
int ftps_shm_store_init(struct ftps_shm_store *store, unsigned char *area,
    uint32_t n_stripes, const unsigned char *secret);

/* The caller still owns the area. */
void ftps_shm_store_release(struct ftps_shm_store *store);

/* Returns 0, or -1 if the hash failed. */
int ftps_shm_store_place(const struct ftps_shm_store *store, const void *key,
    size_t key_len, struct ftps_shm_place *place_out);

/* Makes room: drops expired entries, then the oldest.  Returns false if the
 * entry is too large for a stripe.
 */
bool ftps_shm_store_put(struct ftps_shm_store *store,
    struct ftps_shm_place place, const struct ftps_shm_entry *entry,
    time_t now);

/* True if there is an entry of that key. */
bool ftps_shm_store_has(const struct ftps_shm_store *store,
    struct ftps_shm_place place, const struct ftps_shm_entry *entry,
    time_t now);

/* The caller sets the key of *entry, and value_len to the size of its buffer;
 * value_len becomes the size of the value.  Returns false if the entry is
 * missing, expired, or larger than the buffer.
 */
bool ftps_shm_store_get(const struct ftps_shm_store *store,
    struct ftps_shm_place place, struct ftps_shm_entry *entry,
    unsigned char *value, time_t now);

/* Returns false if there was no such entry. */
bool ftps_shm_store_del(struct ftps_shm_store *store,
    struct ftps_shm_place place, const struct ftps_shm_entry *entry,
    time_t now);

/* Drops the entries of one stripe whose keys begin with `prefix`.  Returns how
 * many of them had not expired.
 */
size_t ftps_shm_store_clear(struct ftps_shm_store *store, uint32_t stripe,
    const struct ftps_shm_entry *prefix, time_t now);

/* Entry i of a stripe, oldest first.  Its pointers lead into the area, so the
 * area must be a private copy.  Returns 1; 0 if the entry is dropped or
 * damaged; -1 after the last entry.
 */
int ftps_shm_store_entry(const struct ftps_shm_store *store, uint32_t stripe,
    uint32_t i, struct ftps_shm_entry *entry_out);

/* Adds one stripe to *counts.  The area must be a private copy here, too. */
void ftps_shm_store_count(const struct ftps_shm_store *store, uint32_t stripe,
    const struct ftps_shm_entry *prefix, time_t now,
    struct ftps_shm_counts *counts);

#endif /* FTPS_SHM_ENTRIES_H */
