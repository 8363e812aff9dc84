/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keypair.h: certificates and the place of their private keys.
 *
 * Only this file knows how keys are kept.  Contexts get certificates and public
 * halves; a connection gets its private key during the control handshake.
 *
 * A key pair is counted: virtual hosts with the same files share one.
 */
#ifndef FTPS_KEYS_KEYPAIR_H
#define FTPS_KEYS_KEYPAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "keys/keychild.h"

struct ftps_daemon;
struct ftps_keeper;
struct ftps_keyarea;
struct ftps_keypair;

/* What to load, and the result: `pair`, or `error`. */
struct ftps_keypair_load {
  struct ftps_keychild_request request;

  /* The server has no pair of this type in use, so it may go on without one if
   * it has another pair.
   */
  bool may_lack;

  /* Whether its key goes to a process of its own, and what that process must
   * know: the server's place, and whether its data connections may make full
   * handshakes.
   */
  enum ftps_isolation isolation;
  const struct ftps_place *place;
  bool is_free;

  /* The process that gets the key again; NULL: the one for new keys. */
  struct ftps_keeper *into;

  struct ftps_keypair *pair; /* one reference for the caller */
  bool is_for_daemon;        /* see keychild.h */
  bool is_left;              /* likewise; no fault, it must be loaded later */
  bool is_lost;   /* the process that read it was ended: not the files' fault */
  bool is_unkept; /* no other process has the key, for a reason that may pass */
  struct ftps_error error;
  char warning[FTPS_ERROR_TEXT_SIZE];
};

#define FTPS_KEYPAIR_NO_LIMIT UINT64_MAX

/* Loads `n` pairs, equal ones once.  When the time `until` (ms, as
 * ftps_clock_ms()) is over, it loads only those of the first server.  Returns
 * -1 with `err` set if none could be read for a reason of our own; single
 * failures are in loads[i].error.
 */
int ftps_keypair_load(struct ftps_daemon *daemon,
    struct ftps_keypair_load *loads, size_t n, uint64_t until,
    struct ftps_error *err);

/* True if loading `request` would give the same as loading `other`. */
bool ftps_keypair_is_same(const struct ftps_keychild_request *request,
    const struct ftps_keychild_request *other);

struct ftps_keypair *ftps_keypair_ref(struct ftps_keypair *pair);
void ftps_keypair_unref(struct ftps_keypair *pair);

/* True if its file was damaged: see `takes_part` in keychild.h. */
bool ftps_keypair_is_part(const struct ftps_keypair *pair);

/* The kind of key, as in EVP_PKEY_get_base_id(): a context accepts one of each
 * kind.
 */
int ftps_keypair_kind(const struct ftps_keypair *pair);

/* The certificates of the files; the chain may be empty. */
X509 *ftps_keypair_get0_certificate(const struct ftps_keypair *pair);
STACK_OF(X509) * ftps_keypair_get0_chain(const struct ftps_keypair *pair);

/* Puts certificate, chain and public half into a context. */
int ftps_keypair_install(const struct ftps_keypair *pair, SSL_CTX *ctx,
    struct ftps_error *err);

/* The same for one connection, and without the private key as well.  The first
 * one only finds out whether the connection's security level admits the
 * certificate.
 */
bool ftps_keypair_fits(const struct ftps_keypair *pair, SSL *ssl);
int ftps_keypair_use(const struct ftps_keypair *pair, SSL *ssl);

/* Puts the private key into a connection.  Returns -1 if this process does not
 * have it any more.
 */
int ftps_keypair_lend(const struct ftps_keypair *pair, SSL *ssl);

/* True if the key can sign for this process now, in any process. */
bool ftps_keypair_can_sign(const struct ftps_keypair *pair);

/* In the daemon, when everything that needs the numbers has been made: removes
 * the numbers if a process of its own has them.
 */
void ftps_keypair_hide(struct ftps_keypair *pair);

/* In the daemon: the process that has the key and has ended, so that nobody
 * would replace the one that signs; or NULL.
 */
struct ftps_keeper *ftps_keypair_get0_lost(const struct ftps_keypair *pair);

/* True if the same process has the keys of both, and if the key is the same
 * too.
 */
bool ftps_keypair_has_same_keeper(const struct ftps_keypair *a,
    const struct ftps_keypair *b);
bool ftps_keypair_has_same_key(const struct ftps_keypair *a,
    const struct ftps_keypair *b);

/* In the daemon: makes the process that has the key forget it. */
void ftps_keypair_forget(const struct ftps_keypair *pair);

/* In a session: that process may not have the key yet, but will. */
void ftps_keypair_expect(const struct ftps_keypair *pair);

/* True if another process has the key, or would have it. */
bool ftps_keypair_is_isolated(const struct ftps_keypair *pair);

/* The load is_unkept, and the pair that it should replace is no worse: it fails
 * for now.
 */
void ftps_keypair_refuse_unkept(struct ftps_keypair_load *load);

/* Derives a secret of FTPS_KEYNUMBERS_DERIVED_SIZE from the private key.
 * Returns -1 if this process does not have it, or if it is on a token.
 */
int ftps_keypair_derive(const struct ftps_keypair *pair, unsigned char *out);

/* Removes the private key from a connection. */
void ftps_keypair_take_back(const struct ftps_keypair *pair, SSL *ssl);

/* Calls `act`, a function like those of keyarea.h, once for the slot of its
 * key.
 */
void ftps_keypair_each_slot(const struct ftps_keypair *pair,
    void (*act)(struct ftps_keyarea *area, size_t slot));

#endif /* FTPS_KEYS_KEYPAIR_H */
