/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keyring.h: the secrets that protect session tickets, in the order of age.
 *
 * Pure: no clock, no I/O, no allocation; the ring is in the memory of
 * tickets/tickets.c.  The newest secret that has begun is for new tickets; all
 * others read the tickets of their time until they expire.  A secret that
 * leaves the ring is wiped.
 *
 * No ticket is encrypted with a secret itself.  A session derives its own keys
 * from the secret and a salt (HKDF-Expand, RFC 5869, section 2.3):
 *
 *   id    = HKDF-Expand(secret, "mod_ftps ticket id", 8)
 *   keys  = HKDF-Expand(secret, "mod_ftps ticket keys" || salt, 64)
 *
 * 32 bytes of the keys are for AES-256-CBC, 32 for HMAC-SHA256.  The name at
 * the start of each ticket is id || salt.  So with the secret the tickets of
 * all sessions can be read, and a session that kept only its own keys can read
 * only its own tickets.
 *
 * Times are seconds of a clock that the caller chooses.
 *
 * Source: RFC 5077, section 4.
 */
#ifndef FTPS_TICKETS_KEYRING_H
#define FTPS_TICKETS_KEYRING_H

#include <stddef.h>
#include <stdint.h>

#define FTPS_TICKET_SECRET_SIZE 32
#define FTPS_TICKET_ID_SIZE     8
#define FTPS_TICKET_SALT_SIZE   8
#define FTPS_TICKET_PROOF_SIZE  32
#define FTPS_TICKET_HOLDER_SIZE 32
#define FTPS_TICKET_NAME_SIZE   (FTPS_TICKET_ID_SIZE + FTPS_TICKET_SALT_SIZE)

struct ftps_ticket_secret {
  unsigned char bytes[FTPS_TICKET_SECRET_SIZE];
  unsigned char id[FTPS_TICKET_ID_SIZE];
  int64_t begins;
  int64_t expires;
};

struct ftps_keyring {
  size_t room;
  size_t n;
  struct ftps_ticket_secret secrets[]; /* latest begin first */
};

/* The keys that encrypt tickets. */
struct ftps_ticket_keys {
  unsigned char name[FTPS_TICKET_NAME_SIZE];
  unsigned char aes[32];
  unsigned char hmac[32];
};

/* The size of a ring with this room, in bytes. */
size_t ftps_keyring_size(size_t room);

/* Adds a secret, before those that begin at the same time.  If there is no
 * room, the oldest one is removed.  A secret that is in the ring already only
 * gets the new dates.  Returns 0, or -1 if libcrypto failed.
 */
int ftps_keyring_add(struct ftps_keyring *ring, const unsigned char *secret,
    int64_t begins, int64_t expires);

/* Wipes all that have expired. */
void ftps_keyring_expire(struct ftps_keyring *ring, int64_t now);

/* Wipes all that begin after `latest`. */
void ftps_keyring_forget_later(struct ftps_keyring *ring, int64_t latest);

/* Wipes all. */
void ftps_keyring_clear(struct ftps_keyring *ring);

/* The time between two new secrets, for an age of 60 or more: an hour, or less,
 * so that there is a new one before the only one expires.
 */
int64_t ftps_keyring_interval(int64_t age);

/* Wipes expired secrets, and makes a new one if it is time, or will be in less
 * than `slack` seconds.  Returns 0, or -1 if libcrypto failed.
 */
int ftps_keyring_rotate(struct ftps_keyring *ring, int64_t age, int64_t slack,
    int64_t now);

/* Sets another lifetime for all secrets in the ring. */
void ftps_keyring_set_age(struct ftps_keyring *ring, int64_t age);

/* For new tickets: the latest that has begun, or, if none has, the one that
 * begins next.  Returns NULL if there is none.
 */
const struct ftps_ticket_secret *ftps_keyring_current(const struct ftps_keyring
                                                          *ring,
    int64_t now);

/* For the ticket of this name.  Returns NULL if there is none, or if it has
 * expired.
 */
const struct ftps_ticket_secret *ftps_keyring_find(const struct ftps_keyring
                                                       *ring,
    const unsigned char *name, int64_t now);

/* Returns 0, or -1 if libcrypto failed. */
int ftps_keyring_derive(const struct ftps_ticket_secret *secret,
    const unsigned char *salt, struct ftps_ticket_keys *keys_out);

/* Proves who holds the tickets of this name: HMAC-SHA256 of name and holder,
 * with the key HKDF-Expand(secret, "mod_ftps ticket holder", 32).  Returns 0,
 * or -1 if libcrypto failed.
 */
int ftps_keyring_prove(const struct ftps_ticket_secret *secret,
    const unsigned char *name, const unsigned char *holder,
    unsigned char *proof_out);

/* Makes a secret from any random bytes: HKDF-Extract without a salt (RFC 5869,
 * section 2.2).
 */
int ftps_keyring_extract(const unsigned char *bytes, size_t len,
    unsigned char *secret_out);

#endif /* FTPS_TICKETS_KEYRING_H */
