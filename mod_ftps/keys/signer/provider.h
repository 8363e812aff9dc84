/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * provider.h: makes private keys of another process usable in OpenSSL.
 *
 * It is a provider inside this module, in a library context of its own.  It
 * must never be loaded into the default library context: that would switch off
 * the library's automatic default provider for the whole process.  A key of it
 * still works with contexts and connections of the default library context: the
 * library tries to export the private half, this fails, and it lets the key's
 * own provider sign.
 *
 * A key is the public half of a certificate and the keeper that leads to the
 * private half.  It signs handshakes and can do nothing else: no decryption, so
 * no RSA key exchange, and no export of a private half.
 */
#ifndef FTPS_KEYS_SIGNER_PROVIDER_H
#define FTPS_KEYS_SIGNER_PROVIDER_H

#include <openssl/evp.h>

#include "base/error.h"

struct ftps_daemon;
struct ftps_keeper;

/* True if it supports this kind of key. */
int ftps_provider_knows(const EVP_PKEY *public_half);

/* Returns a key that has a reference to `keeper`, or NULL with `err` set. */
EVP_PKEY *ftps_provider_new_key(struct ftps_daemon *daemon,
    EVP_PKEY *public_half, struct ftps_keeper *keeper, struct ftps_error *err);

#endif /* FTPS_KEYS_SIGNER_PROVIDER_H */
