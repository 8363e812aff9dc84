/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * psk.h: pre-shared keys (TLSPreSharedKey): TLS 1.2 and older with the PSK
 * ciphers, TLS 1.3 as external PSK (RFC 4279; RFC 8446, 4.2.11).
 *
 * The keys of a virtual host are attached to its context and are freed with it.
 * Their bytes are kept like those of private keys: in a key area
 * (keys/keyarea.h), which is not dumped, is locked, and is unmapped in sessions
 * that cannot need it.  Files are read in the daemon, as root, when the context
 * is built.
 *
 * TLS 1.2: a client with an unknown identity gets a random key, so that it
 * cannot find out which identities exist.  TLS 1.3: an unknown identity is
 * ignored, as the RFC requires, because tickets come in the same way.  The
 * handshake goes on with a certificate, or fails if there is none.  In TLS 1.3
 * keys work with the suites of SHA-256, which are preferred unless the
 * configuration has a list.  A data connection that must resume never gets a
 * key.
 *
 * DIAGNOSTICS: a file that others than owner and group may read or write is
 * ignored, and reported to the administrator; any other fault is an error.
 * What a client sent is logged in TLSLog.
 *
 * Source: doc/contract.md: TLSPreSharedKey.
 */
#ifndef FTPS_VHOST_PSK_H
#define FTPS_VHOST_PSK_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

struct ftps_keyarea;

/* In hexadecimal digits, as in the file. */
#define FTPS_PSK_MIN_DIGITS 20
#define FTPS_PSK_MAX_DIGITS 512

/* Reads the keys of `settings`, if it has any.  Needs root. */
int ftps_psk_set(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err);

/* True if the context has a key. */
bool ftps_psk_is_set(const SSL_CTX *ctx);

/* A text that depends on all identities and keys, and changes when they change.
 */
#define FTPS_PSK_DIGEST_SIZE (2 * 32 + 1)
void ftps_psk_digest(const SSL_CTX *ctx, char text_out[FTPS_PSK_DIGEST_SIZE]);

/* Moves what SSL_set_SSL_CTX() does not. */
void ftps_psk_move(SSL *ssl, const SSL_CTX *to);

/* This connection may not use any key. */
void ftps_psk_forbid(SSL *ssl);

/* Their slots; `act` is a function like those of keyarea.h. */
void ftps_psk_each_slot(const SSL_CTX *ctx,
    void (*act)(struct ftps_keyarea *area, size_t slot));

#endif /* FTPS_VHOST_PSK_H */
