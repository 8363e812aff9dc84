/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * pkcs11.h: private keys that stay on a PKCS#11 token.
 *
 * Such a key has no numbers that could be copied.  Instead the key's page
 * (keys/keynumbers.h) has the URI and the PIN, with the same owners and
 * lifetime as numbers.  The child that reads keys opens the key and lets it
 * sign.  A session opens it again for its handshake, in a process that has not
 * used the token before, because tokens do not survive a fork.
 *
 * The provider "pkcs11" is loaded into a library context of its own, so that
 * nothing else in the process gets its algorithms from there.  Its settings
 * come from openssl.cnf.
 *
 * The PIN comes from the URI (pin-source, pin-value) or from
 * TLSPassPhraseProvider, which runs once: a token locks itself after a few
 * wrong PINs, so passphrases that were typed for other keys are not tried.
 *
 * Source: RFC 7512.
 */
#ifndef FTPS_KEYS_PKCS11_H
#define FTPS_KEYS_PKCS11_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

struct ftps_keyfile;

bool ftps_pkcs11_is_uri(const char *path);

/* Writes the URI without its attributes with secrets, for messages. */
void ftps_pkcs11_describe(const char *uri, char *text, size_t size);

/* In the child that reads keys: returns the key at `file->path`, and writes
 * FTPS_KEYNUMBERS_SIZE bytes with which a session can open it.  Returns NULL
 * with the fault set on failure.
 */
EVP_PKEY *ftps_pkcs11_read_key(struct ftps_keyfile *file, unsigned char *page);

/* True if ftps_pkcs11_read_key() has written this page. */
bool ftps_pkcs11_is_page(const unsigned char *page);

/* In a session.  Returns NULL, with the reasons in OpenSSL's error queue, on
 * failure.
 */
EVP_PKEY *ftps_pkcs11_open_page(const unsigned char *page);

#endif /* FTPS_KEYS_PKCS11_H */
