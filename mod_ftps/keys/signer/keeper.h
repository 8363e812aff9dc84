/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keeper.h: starts the processes that have the private keys, and connects to
 * them.
 *
 * Two processes have the keys.  The signer (signer.h) reads what sessions send.
 * The keeper (keeping.h) reads what the daemon sends.  If the signer does not
 * end by itself, the keeper starts another one with the same keys; no file is
 * read and no passphrase is needed.  Both are forked from the daemon and have
 * no capabilities; those for keys in files have a user of their own.
 *
 * There is one keeper for all keys in files of a configuration, and one for all
 * keys on tokens; renewed keys go to the same ones.  A keeper belongs to its
 * key pairs, by reference count.  When the last of them is freed, and the last
 * session that could send a request has ended, both processes end, because
 * their descriptors are closed.
 *
 * If the keeper itself is killed, the kernel signals the daemon, which starts
 * another one for the same sessions.  The daemon has the signer's end as well,
 * so what sessions send meanwhile waits there.  Where a session has
 * shut that socket down for all, sessions that begin later have another one.
 */
#ifndef FTPS_KEYS_SIGNER_KEEPER_H
#define FTPS_KEYS_SIGNER_KEEPER_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

#include "base/error.h"
#include "keys/signer/channel.h"

struct ftps_daemon;
struct ftps_keeper;

/* One key: its numbers (keynumbers.h, or pkcs11.h), and what the signer must
 * know.
 */
struct ftps_keeper_key {
  EVP_PKEY *public_half; /* borrowed, as all of it */
  const unsigned char *numbers;
  const struct ftps_place **places;
  size_t place_count;
  bool is_free; /* see feed.h */
};

/* Sets SHA-256 of SubjectPublicKeyInfo.  Returns 0, or -1 if there is none. */
int ftps_keeper_id(const EVP_PKEY *public_half, unsigned char *id);

/* In the daemon, while the keys of a configuration are read: they get keepers
 * of their own.  Later ones go to the same keepers.
 */
void ftps_keepers_begin(struct ftps_daemon *daemon);
void ftps_keepers_end(struct ftps_daemon *daemon);

/* The keeper for new keys; borrowed.  NULL: there is none. */
struct ftps_keeper *ftps_keeper_get0_current(const struct ftps_daemon *daemon,
    bool has_tokens);

/* In the daemon, as root: the same; it is started if it is needed.  Returns one
 * reference, or NULL with `err` set.
 */
struct ftps_keeper *ftps_keeper_get1(struct ftps_daemon *daemon,
    bool has_tokens, struct ftps_error *err);
struct ftps_keeper *ftps_keeper_ref(struct ftps_keeper *keeper);
void ftps_keeper_unref(struct ftps_keeper *keeper);

/* In the daemon: gives it one more key.  Returns 0, or -1 with `err` set. */
int ftps_keeper_feed(struct ftps_keeper *keeper,
    const struct ftps_keeper_key *key, struct ftps_error *err);

/* A pair with this key has come, or has gone.  In the daemon, now and then:
 * takes keys from keepers that no pair has had for a long time.
 */
void ftps_keeper_use(struct ftps_keeper *keeper, const unsigned char *id);
void ftps_keeper_leave(struct ftps_keeper *keeper, const unsigned char *id);
void ftps_keepers_forget_retired(struct ftps_daemon *daemon);

/* In the daemon: takes a key from it that nobody needs any more. */
void ftps_keeper_forget(struct ftps_keeper *keeper,
    const EVP_PKEY *public_half);

/* Sends a request with the permit of this process. */
enum ftps_signed ftps_keeper_ask(struct ftps_keeper *keeper,
    struct ftps_channel_request *request, struct ftps_channel_reply *reply);

/* In a session: the daemon will give it a key that it may not have yet. */
void ftps_keeper_expect(struct ftps_keeper *keeper);

/* In the daemon: until _end, signatures are a trial for a server at this place.
 * The signer does not count them.
 */
int ftps_keeper_begin_trial(struct ftps_keeper *keeper,
    const struct ftps_place *place);
void ftps_keeper_end_trial(struct ftps_keeper *keeper);

/* After a trial: true if it brought no signature for a reason that may pass. */
bool ftps_keeper_was_silent(const struct ftps_keeper *keeper);

/* True if this process cannot ask it. */
bool ftps_keeper_is_gone(const struct ftps_keeper *keeper);

/* In the daemon: true if the keeper has ended, so that nobody would replace the
 * signer.
 */
bool ftps_keeper_is_lost(const struct ftps_keeper *keeper);
bool ftps_keepers_are_lost(const struct ftps_daemon *daemon);

/* True if it is lost, and must be started again now: not after a failure a
 * moment ago.
 */
bool ftps_keeper_must_restart(const struct ftps_keeper *keeper);

/* In the daemon, as root: starts it again, without keys and without a signer;
 * with another hello pair if a session has shut the old one down.
 * Returns 0, or -1 with `err` set, unless it has failed before.  When it has
 * all keys again, _go lets it start one.
 */
int ftps_keeper_restart(struct ftps_keeper *keeper, struct ftps_error *err);
void ftps_keeper_go(const struct ftps_keeper *keeper);

/* In the daemon, when its process id will not change any more: the kernel
 * signals it the end of a keeper.
 */
void ftps_keepers_watch(struct ftps_daemon *daemon);

/* In a session: closes what is the daemon's. */
void ftps_keepers_leave(struct ftps_daemon *daemon);

#endif /* FTPS_KEYS_SIGNER_KEEPER_H */
