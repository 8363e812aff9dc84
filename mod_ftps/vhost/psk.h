/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * psk.h: pre-shared keys (TLSPreSharedKey): TLS 1.2 and older with the PSK
 * ciphers, TLS 1.3 as external PSK (RFC 4279; RFC 8446, 4.2.11).
 *
 * The keys of a virtual host hang at its context and go with
 * it.  Their bytes are kept as those of private keys are: in a key area
 * (keys/keyarea.h), which is not dumped, locked, and unmapped in sessions
 * that cannot need it.  Files are read in the daemon, as root, when the context
 * is built.
 *
 * TLS 1.2: a client that names an unknown identity is given a random key, so
 * that it cannot find out which identities exist.  TLS 1.3: such an identity is
 * ignored, as the RFC asks, since tickets come the same way; the handshake goes
 * on with a certificate, or fails where there is none.  Keys go with the suites
 * of SHA-256 there, which are preferred unless the configuration has a list.  A
 * data connection that must resume is never given a key.
 *
 * DIAGNOSTICS: a file that others than owner and group may read or write is
 * left out and told to the administrator; any other fault is an error.  What a
 * client asked for goes to TLSLog.
 *
 * Source: contract section 1 (TLSPreSharedKey), issue 3.
 */
#ifndef FTPS_VHOST_PSK_H
#define FTPS_VHOST_PSK_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

struct ftps_keyarea;

/* In hexadecimal digits, as the file has them. */
#define FTPS_PSK_MIN_DIGITS 20
#define FTPS_PSK_MAX_DIGITS 512

/* Reads the keys of `settings`, if it has any.  Needs root. */
int ftps_psk_set(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err);

/* Has the context any key? */
bool ftps_psk_is_set(const SSL_CTX *ctx);

/* All identities and keys, as text that changes when they do. */
#define FTPS_PSK_DIGEST_SIZE (2 * 32 + 1)
void ftps_psk_digest(const SSL_CTX *ctx, char text_out[FTPS_PSK_DIGEST_SIZE]);

/* What SSL_set_SSL_CTX() leaves behind. */
void ftps_psk_move(SSL *ssl, const SSL_CTX *to);

/* This connection may not use any. */
void ftps_psk_forbid(SSL *ssl);

/* Where they are; `act` is a function like those of keyarea.h. */
void ftps_psk_each_slot(const SSL_CTX *ctx,
    void (*act)(struct ftps_keyarea *area, size_t slot));

#endif /* FTPS_VHOST_PSK_H */
