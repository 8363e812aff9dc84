/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * keeper.h: starts the processes that have the private keys, and connects to
 * them.
 *
 * Two processes have the keys.  The signer (signer.h) reads what sessions send.
 * The keeper reads nothing: it waits, and if the signer does not end by itself,
 * it starts another one with the same keys; no file is read and no passphrase
 * is needed.  Both are forked from the daemon while that has the numbers, have
 * a user of their own and no capabilities.
 *
 * A keeper belongs to the key pairs that were loaded together, by reference
 * count.  When the last of them is freed, and the last session that could send
 * a request has ended, both processes end by themselves, because their
 * descriptors are closed.
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

/* One key; its numbers are in this slot. */
struct ftps_keeper_key {
  EVP_PKEY *public_half; /* borrowed */
  struct ftps_keyarea *area;
  size_t slot;
  const struct ftps_place **places; /* fork copies it and what it points to */
  size_t place_count;
  bool is_free; /* see signer.h */
};

/* Sets SHA-256 of SubjectPublicKeyInfo.  Returns 0, or -1 if there is none. */
int ftps_keeper_id(const EVP_PKEY *public_half, unsigned char *id);

/* Returns one reference, or NULL with `err` set. */
struct ftps_keeper *ftps_keeper_start(struct ftps_daemon *daemon,
    const struct ftps_keeper_key *keys, size_t n, struct ftps_error *err);
struct ftps_keeper *ftps_keeper_ref(struct ftps_keeper *keeper);
void ftps_keeper_unref(struct ftps_keeper *keeper);

/* Sends a request with the permit of this process. `trial`: NULL, or another
 * permit.
 */
enum ftps_signed ftps_keeper_ask(struct ftps_keeper *keeper,
    struct ftps_channel_request *request, struct ftps_channel_reply *reply);

/* In the daemon: until _end, signatures are a trial for a server at this place.
 * The signer does not count them.
 */
int ftps_keeper_begin_trial(struct ftps_keeper *keeper,
    const struct ftps_place *place);
void ftps_keeper_end_trial(struct ftps_keeper *keeper);

/* True if the keeper has ended, so that nobody would replace the signer. */
bool ftps_keeper_is_lost(const struct ftps_keeper *keeper);

/* True if nobody can answer. */
bool ftps_keeper_is_gone(const struct ftps_keeper *keeper);

#endif /* FTPS_KEYS_SIGNER_KEEPER_H */
