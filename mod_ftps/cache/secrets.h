/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * secrets.h: the origin of the secrets for caches: TLSCacheSecretFile, or the
 * private keys of certificates.
 *
 * A secret for each purpose is derived with HKDF-SHA256 and a text of its own,
 * so none of them reveals another one, or its origin.
 *
 * TLSCacheSecretFile has one secret: any bytes, all of which count.  A file of
 * two or more lines, each of 64 hexadecimal digits or more, has a secret in
 * each line: the first one seals, and values that were sealed with the others
 * can still be read.  A line with its line end is the same secret as a file
 * that contains nothing else.
 *
 * Callers wipe the secrets that they get.
 *
 * DIAGNOSTICS: "TLSCacheSecretFile PATH: FAULT; REMEDY".
 */
#ifndef FTPS_CACHE_SECRETS_H
#define FTPS_CACHE_SECRETS_H

#include <stddef.h>

#include "base/error.h"
#include "cache/seal.h"

struct ftps_keypair;

struct ftps_secret {
  unsigned char sessions[FTPS_SEAL_SECRET_SIZE];
  unsigned char daemon[FTPS_SEAL_SECRET_SIZE]; /* OCSP responses, ticket keys */
  unsigned char name[FTPS_SEAL_SECRET_SIZE];   /* reveals none of them */
};

/* Writes up to FTPS_SEAL_SECRETS_MAX secrets; the first one seals.  Returns
 * their number, or -1 with `err` set.  Needs root.
 */
int ftps_secrets_read(const char *path, struct ftps_secret *secrets,
    struct ftps_error *err);

/* The same for bytes that have been read. */
int ftps_secrets_parse(const unsigned char *bytes, size_t len,
    struct ftps_secret *secrets, struct ftps_error *err);

/* With several keys the secret is the smallest one, so that the order of files
 * on each host does not matter. `pairs` are FTPS_KEYTYPE_COUNT.  Returns 1; 0
 * if there is no private key in this process; or -1 with `err` set.
 */
int ftps_secrets_of_keys(struct ftps_keypair *const *pairs,
    struct ftps_secret *secret, struct ftps_error *err);

#endif /* FTPS_CACHE_SECRETS_H */
