/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keynumbers.h: a private key as a page of plain numbers, and back.
 *
 * keys/keychild.c writes pages in a process that exits, keys/keypair.c reads
 * them in a session.  A key that was decoded from a file leaves copies of its
 * numbers in the heap of that process.  A key that was built from such a page
 * leaves nothing when it is freed.
 *
 * A page belongs to the caller.  It has FTPS_KEYNUMBERS_SIZE bytes, needs no
 * alignment, has the numbers in the byte order of this machine, and never
 * leaves the machine.  While a page is read, nobody may write to it; apart from
 * that its content is not trusted.
 *
 * Types: RSA and RSA-PSS with two primes (up to the 16384 bits that OpenSSL
 * takes), EC on a named curve, ED25519, ED448, ML-DSA, DSA.
 *
 * DIAGNOSTICS: "key type X cannot be used", "RSA key of N bits is too large",
 * "RSA key with more than two primes cannot be used", "X key has no NAME" (a
 * public half, explicit curve parameters), "page of key numbers is damaged".
 */
#ifndef FTPS_KEYS_KEYNUMBERS_H
#define FTPS_KEYS_KEYNUMBERS_H

#include <openssl/evp.h>

struct ftps_error;

#define FTPS_KEYNUMBERS_SIZE 12288

/* Returns 0, or -1 with `err` set; then the page is all zeros. */
int ftps_keynumbers_write(const EVP_PKEY *key, unsigned char *page,
    struct ftps_error *err);

/* Returns a new key with its private half, or NULL with `err` set.  The key has
 * no pointer into the page.
 */
EVP_PKEY *ftps_keynumbers_read(const unsigned char *page,
    struct ftps_error *err);

/* Derives a secret from the private key, from which others can be derived: it
 * does not lead back to the key, and is the same for equal keys on machines of
 * one byte order.  Returns 0, or -1 if the page is damaged.
 */
#define FTPS_KEYNUMBERS_DERIVED_SIZE 32
int ftps_keynumbers_derive(const unsigned char *page, unsigned char *out);

/* Removes the numbers, and leaves that secret. */
void ftps_keynumbers_reduce(unsigned char *page);

#endif /* FTPS_KEYS_KEYNUMBERS_H */
