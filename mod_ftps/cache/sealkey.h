/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * sealkey.h: the secrets that seal values, and the names of the virtual hosts
 * to which the values are bound.
 *
 * Sessions of a virtual host are sealed with a secret from TLSCacheSecretFile.
 * Without that file it depends on the cache.  The content of a cache in this
 * host's memory is of no use to other hosts.  So the daemon makes a random
 * secret for it, which lives as long as the daemon; SIGHUP keeps it.  For a
 * cache that uses a network the secret is derived from the private keys of the
 * certificates, so that hosts of a cluster with the same key need no
 * configuration.  Anybody who gets that key later can read recorded entries of
 * the cache, and the daemon says so when it starts.  If there is neither, as
 * with keys on tokens, there is no secret.
 *
 * A secret is attached to its context and is freed with it.  Its bytes are kept
 * like those of private keys (keyarea.h), and are unmapped in sessions that
 * cannot need them.  If no cache is open, only its name is kept.
 *
 * The daemon has a secret of its own, for OCSP responses and ticket keys.  It
 * comes from the first virtual host with TLSCacheSecretFile, or otherwise from
 * the first one with a private key, in the order of the configuration.  It
 * gives a session nothing that it does not have anyway (those keys, public
 * responses), and nothing of the virtual host.
 *
 * Functions that take a context allow NULL.
 */
#ifndef FTPS_CACHE_SEALKEY_H
#define FTPS_CACHE_SEALKEY_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"
#include "cache/seal.h"

struct ftps_daemon;
struct ftps_keyarea;
struct ftps_keypair;

/* The origin of the secret for sessions. */
enum ftps_sealkey_source {
  FTPS_SEALKEY_NONE,
  FTPS_SEALKEY_FILE,
  FTPS_SEALKEY_RANDOM,
  FTPS_SEALKEY_PRIVATE_KEY
};

struct ftps_sealkey_props {
  const struct ftps_settings *settings;
  struct ftps_keypair *const *pairs; /* FTPS_KEYTYPE_COUNT */
  bool is_kept;                      /* a cache is open */
  bool is_local; /* the cache for sessions is in this host's memory */
};

/* Makes room for the daemon's own secrets, once.  Returns 0, or -1 if there is
 * no memory.
 */
int ftps_sealkey_init(struct ftps_daemon *daemon);

/* While a context is built: finds its secrets.  Needs root. */
int ftps_sealkey_set(SSL_CTX *ctx, const struct ftps_sealkey_props *props,
    struct ftps_error *err);

enum ftps_sealkey_source ftps_sealkey_source(const SSL_CTX *ctx);

/* A name that all hosts of one server share: the name of the private keys of
 * its certificates, or the fact that there is a TLSCacheSecretFile, whose
 * secrets change.  It does not reveal a secret; empty: there is none.
 */
const char *ftps_sealkey_name(const SSL_CTX *ctx);

/* Values of this context are also bound to this; FTPS_SEAL_HOST_SIZE bytes. */
void ftps_sealkey_set_host(SSL_CTX *ctx, const unsigned char *host);

/* Sets secrets and host.  Returns 0, or -1 if there is no secret, or none any
 * more in this process.
 */
int ftps_sealkey_get0(const SSL_CTX *ctx, struct ftps_seal *seal);

/* The slot of its secret; `act` is a function like those of keyarea.h. */
void ftps_sealkey_each_slot(const SSL_CTX *ctx,
    void (*act)(struct ftps_keyarea *area, size_t slot));

/* The same for the daemon's own secrets. derive: from the secrets of `ctx`;
 * NULL frees all. get0: secret number `i`, with its own host; 0 is the one that
 * seals.  Returns 0, or -1 if there is none.
 */
void ftps_sealkey_derive_own(struct ftps_daemon *daemon, const SSL_CTX *ctx);
enum ftps_sealkey_source ftps_sealkey_own_source(
    const struct ftps_daemon *daemon);
int ftps_sealkey_get0_own(const struct ftps_daemon *daemon, size_t i,
    struct ftps_seal *seal);

void ftps_sealkey_each_own_slot(const struct ftps_daemon *daemon,
    void (*act)(struct ftps_keyarea *area, size_t slot));

/* The daemon's random secret is needed as long as contexts may be built. */
void ftps_sealkey_each_random_slot(const struct ftps_daemon *daemon,
    void (*act)(struct ftps_keyarea *area, size_t slot));

#endif /* FTPS_CACHE_SEALKEY_H */
