/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * sealkey.h: the secrets with which values are sealed, and the names of the
 * virtual hosts that they are bound to.
 *
 * The secret of a virtual host comes from TLSCacheSecretFile,
 * or else from the private keys of its certificates, so that hosts of a cluster
 * that share a key need no configuration.  Where neither is there, as with keys
 * on tokens, there is none.  It hangs at its context and goes with it; its
 * bytes are kept as those of private keys are (keyarea.h), and unmapped in
 * sessions that cannot need it.  Where no cache is open, only its name is kept.
 *
 * The daemon's own secret, for OCSP responses and ticket keys, is derived from
 * that of the first virtual host that has one, in the order of the
 * configuration, the main server being first.  It gives away nothing that a
 * session does not have anyway (those keys, public responses), and nothing of
 * the virtual host's.
 *
 * Functions that take a context allow NULL.
 *
 * DIAGNOSTICS: "TLSCacheSecretFile PATH: FAULT; REMEDY".
 *
 * Source: issue 4.
 */
#ifndef FTPS_CACHE_SEALKEY_H
#define FTPS_CACHE_SEALKEY_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"
#include "cache/seal.h"

struct ftps_keyarea;
struct ftps_keypair;

/* While a context is built: finds its secret.  Needs root.  `pairs` are
 * FTPS_KEYTYPE_COUNT; NULL: none.  Where it is not `is_kept`, only its name is.
 */
int ftps_sealkey_set(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_keypair *const *pairs, bool is_kept, struct ftps_error *err);

/* A name for the secret that does not give it away, and is the same on all
 * hosts that have it; empty: there is none.
 */
const char *ftps_sealkey_name(const SSL_CTX *ctx);

/* What values of this context are bound to besides; FTPS_SEAL_HOST_SIZE. */
void ftps_sealkey_set_host(SSL_CTX *ctx, const unsigned char *host);

/* Fills in secret and host.  -1: there is no secret, or none any more in this
 * process.
 */
int ftps_sealkey_get0(const SSL_CTX *ctx, struct ftps_seal *seal);

/* Where it is; `act` is a function like those of keyarea.h. */
void ftps_sealkey_each_slot(const SSL_CTX *ctx,
    void (*act)(struct ftps_keyarea *area, size_t slot));

/* The same for the daemon's own.  derive: from the secret of `ctx`, which is of
 * the first virtual host; NULL: there is none.
 */
void ftps_sealkey_derive_own(const SSL_CTX *ctx);
int ftps_sealkey_get0_own(struct ftps_seal *seal);
void ftps_sealkey_each_own_slot(
    void (*act)(struct ftps_keyarea *area, size_t slot));

#endif /* FTPS_CACHE_SEALKEY_H */
