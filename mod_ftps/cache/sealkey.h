/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * sealkey.h: the secrets with which values are sealed, and the names of the
 * virtual hosts that they are bound to.
 *
 * Sessions of a virtual host are sealed with a secret of TLSCacheSecretFile.
 * Without that file it depends on the cache.  What a cache of this host's
 * memory holds is of no use to anybody else, so the daemon makes a secret at
 * random, which lives as long as the daemon does: SIGHUP keeps it.  In a cache
 * that is asked over a network the secret is derived from the private keys of
 * the certificates, so that hosts of a cluster that share a key need no
 * configuration; whoever gets that key one day can read what was recorded of
 * the cache, and the daemon says so when it starts.  Where neither is there, as
 * with keys on tokens, there is no secret.
 *
 * A secret hangs at its context and goes with it.  Its bytes are kept as those
 * of private keys are (keyarea.h), and unmapped in sessions that cannot need
 * them.  Where no cache is open, only its name is kept.
 *
 * The daemon has a secret of its own, for OCSP responses and ticket keys.  It
 * comes from what the first virtual host with TLSCacheSecretFile, or else the
 * first one with a private key, has, in the order of the configuration.  It
 * gives away nothing that a session does not have anyway (those keys, public
 * responses), and nothing of the virtual host's.
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

/* What the secret of sessions comes from. */
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

/* Makes room for the daemon's own secrets, once.  Returns 0, or -1 without
 * memory.
 */
int ftps_sealkey_init(struct ftps_daemon *daemon);

/* While a context is built: finds its secrets.  Needs root. */
int ftps_sealkey_set(SSL_CTX *ctx, const struct ftps_sealkey_props *props,
    struct ftps_error *err);

enum ftps_sealkey_source ftps_sealkey_source(const SSL_CTX *ctx);

/* A name for what makes hosts one server: the private keys of its certificates,
 * or the fact that there is a TLSCacheSecretFile, whose secrets change.  It
 * gives no secret away; empty: there is none.
 */
const char *ftps_sealkey_name(const SSL_CTX *ctx);

/* What values of this context are bound to besides; FTPS_SEAL_HOST_SIZE. */
void ftps_sealkey_set_host(SSL_CTX *ctx, const unsigned char *host);

/* Fills in secrets and host.  Returns -1 when there is no secret, or none any
 * more in this process.
 */
int ftps_sealkey_get0(const SSL_CTX *ctx, struct ftps_seal *seal);

/* Where it is; `act` is a function like those of keyarea.h. */
void ftps_sealkey_each_slot(const SSL_CTX *ctx,
    void (*act)(struct ftps_keyarea *area, size_t slot));

/* The same for the daemon's own secrets.  derive: from those of `ctx`; NULL
 * frees all.  get0: the secret of number `i`, 0 being the one that seals, with
 * its own host; -1 when there is none.
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
