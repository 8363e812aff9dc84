/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * pairs.h: the key pairs of one server.
 *
 * An array of FTPS_KEYTYPE_COUNT pointers; NULL: none of this kind.  It belongs
 * to the server's edition (vhost/vhost.c).
 */
#ifndef FTPS_KEYS_PAIRS_H
#define FTPS_KEYS_PAIRS_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "keys/keypair.h"

/* True if there is one. */
bool ftps_pairs_are_there(struct ftps_keypair *const *pairs);

/* True if a server that uses these pairs takes a part of a file for one of this
 * type (`takes_part` in keychild.h): it has a part of this type already, or no
 * pair at all.  `used` may be NULL.
 */
bool ftps_pairs_can_gain(struct ftps_keypair *const *used,
    enum ftps_keytype type);

/* Moves the pairs that were loaded for a server into `pairs`.  Returns 0, or -1
 * with `err` set if one of them failed; or if only sessions could have its key
 * for a while, and the pairs in use, `used`, are no worse.  A pair that failed
 * is left out, with a warning in its load, if there are others and the server
 * had none of this type.
 *
 * A context accepts one pair of each kind of key, so others are left out as
 * well.  A line of TLSCertificate counts before one of the older directives,
 * and these count in the order of mod_tls: RSA, PKCS#12, EC, DSA.
 */
int ftps_pairs_take(struct ftps_keypair_load *loads, size_t n,
    struct ftps_keypair *const *used, struct ftps_keypair **pairs,
    struct ftps_error *err);

/* Reports the warnings of the server at `place`.  `loads` may have those of
 * other servers as well, or be NULL.
 */
void ftps_pairs_report(const struct ftps_keypair_load *loads, size_t n,
    const struct ftps_place *place, ftps_report report);

/* Lends all keys to a connection, and takes them back; see keypair.h. */
int ftps_pairs_lend(struct ftps_keypair *const *pairs, SSL *ssl);
void ftps_pairs_take_back(struct ftps_keypair *const *pairs, SSL *ssl);

/* True if there are pairs and all of them can sign: a full handshake is
 * possible now.
 */
bool ftps_pairs_can_sign(struct ftps_keypair *const *pairs);

/* True if one of them has the same key as this one. */
bool ftps_pairs_have_key(struct ftps_keypair *const *pairs,
    const struct ftps_keypair *pair);

/* True if one of them is of this kind: see ftps_keypair_kind(). */
bool ftps_pairs_have_kind(struct ftps_keypair *const *pairs, int kind);

/* True for any of them: see keypair.h. */
bool ftps_pairs_are_isolated(struct ftps_keypair *const *pairs);

void ftps_pairs_hide(struct ftps_keypair *const *pairs);
void ftps_pairs_each_slot(struct ftps_keypair *const *pairs,
    void (*act)(struct ftps_keyarea *area, size_t slot));

/* Releases them, and leaves an empty array. */
void ftps_pairs_unref(struct ftps_keypair **pairs);

#endif /* FTPS_KEYS_PAIRS_H */
