/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * pkcs11.h: private keys that stay on a PKCS#11 token.
 *
 * Such a key has no numbers to hand over.  In their place the
 * key's page (keys/keynumbers.h) holds the URI and the PIN, with the same
 * owners and lifetime as numbers have.  The child that reads keys opens the key
 * and lets it sign; a session opens it again for its handshake, in a process
 * that has not used the token before, since tokens do not survive a fork.
 *
 * The provider "pkcs11" is loaded into a library context of its own, so that
 * nothing else in the process gets its algorithms from there.  Its settings are
 * those of openssl.cnf.
 *
 * The PIN comes from the URI (pin-source, pin-value) or from
 * TLSPassPhraseProvider, asked once: a token locks itself after a few wrong
 * ones, so nothing that was typed for other keys is tried.
 *
 * Source: RFC 7512; issue 3.
 */
#ifndef FTPS_KEYS_PKCS11_H
#define FTPS_KEYS_PKCS11_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

struct ftps_keyfile;

bool ftps_pkcs11_is_uri(const char *path);

/* The URI without its attributes that hold secrets, for messages. */
void ftps_pkcs11_describe(const char *uri, char *text, size_t size);

/* In the child that reads keys: the key at `file->path`, and
 * FTPS_KEYNUMBERS_SIZE bytes with which a session can open it.  NULL and the
 * fault.
 */
EVP_PKEY *ftps_pkcs11_read_key(struct ftps_keyfile *file, unsigned char *page);

/* Was this page written by ftps_pkcs11_read_key()? */
bool ftps_pkcs11_is_page(const unsigned char *page);

/* In a session; NULL, and the reasons in OpenSSL's error queue. */
EVP_PKEY *ftps_pkcs11_open_page(const unsigned char *page);

#endif /* FTPS_KEYS_PKCS11_H */
