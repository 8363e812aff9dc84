/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * keeper.h: starts the processes that have the private keys, and leads to them.
 *
 * Two processes have them.  The signer (signer.h) reads what sessions send it.
 * The keeper reads nothing: it waits, and when the signer ends in another way
 * than by itself, it starts another one, which has the same keys; no file is
 * read and no passphrase asked for.  Both are forked from the daemon while
 * that has the numbers, have a user of their own and no capabilities.
 *
 * A keeper belongs to the key pairs that were loaded together, by reference
 * count.  When the last one goes, and the last session that could ask, both
 * processes end by themselves: their descriptors say so.
 */
#ifndef FTPS_KEYS_SIGNER_KEEPER_H
#define FTPS_KEYS_SIGNER_KEEPER_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

#include "base/error.h"
#include "keys/signer/channel.h"

struct ftps_daemon;
struct ftps_keyarea;
struct ftps_keeper;
struct ftps_signer_key;

/* One key to keep: its numbers are in this slot. */
struct ftps_keeper_key {
  EVP_PKEY *public_half; /* borrowed */
  struct ftps_keyarea *area;
  size_t slot;
  const struct ftps_place *
      *places; /* copied with what they point to: by fork */
  size_t place_count;
  bool is_free; /* see signer.h */
};

/* Fills in SHA-256 of SubjectPublicKeyInfo; -1: there is none. */
int ftps_keeper_id(const EVP_PKEY *public_half, unsigned char *id);

/* One reference; NULL and `err`. */
struct ftps_keeper *ftps_keeper_start(struct ftps_daemon *daemon,
    const struct ftps_keeper_key *keys, size_t n, struct ftps_error *err);
struct ftps_keeper *ftps_keeper_ref(struct ftps_keeper *keeper);
void ftps_keeper_unref(struct ftps_keeper *keeper);

/* Asks with the permit of this process; `trial`: NULL, or another one.  */
enum ftps_signed ftps_keeper_ask(struct ftps_keeper *keeper,
    struct ftps_channel_request *request, struct ftps_channel_reply *reply);

/* In the daemon: signatures until _end are a trial for a server at this place,
 * which the signer does not count.
 */
int ftps_keeper_begin_trial(struct ftps_keeper *keeper,
    const struct ftps_place *place);
void ftps_keeper_end_trial(struct ftps_keeper *keeper);

/* Has the keeper ended, so that nobody would replace the signer? */
bool ftps_keeper_is_lost(const struct ftps_keeper *keeper);

/* Can nobody answer? */
bool ftps_keeper_is_gone(const struct ftps_keeper *keeper);

#endif /* FTPS_KEYS_SIGNER_KEEPER_H */
