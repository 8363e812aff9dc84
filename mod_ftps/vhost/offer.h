/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * offer.h: which TLS versions, which groups for the key exchange, and which
 * signature algorithms a context accepts.
 *
 * TLSProtocol counts before openssl.cnf.  Without it, stricter settings of the
 * system (MinProtocol above TLS 1.2, a version removed by Protocol) count.
 *
 * Without TLSECDHCurve the groups are X25519MLKEM768, X25519, P-256 and P-384,
 * if the library has them and openssl.cnf allows them.  Every client supports
 * one of them.  The others, above all finite fields (TLS 1.3), cost the server
 * up to a hundred times as much CPU, before anybody has logged in.  Servers
 * that ask for client certificates have P-521 as well, because in TLS 1.2 the
 * library refuses a client certificate whose curve is not among the groups.
 */
#ifndef FTPS_VHOST_OFFER_H
#define FTPS_VHOST_OFFER_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

int ftps_offer_set_protocols(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err);
int ftps_offer_set_groups(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err);

int ftps_offer_set_signatures(SSL_CTX *ctx,
    const struct ftps_settings *settings, struct ftps_error *err);

/* The connection gets the versions of `to`. */
int ftps_offer_move_protocols(SSL *ssl, SSL_CTX *to);

/* The connection had the groups of `from`, and gets those of `settings`. */
int ftps_offer_move_groups(SSL *ssl, const struct ftps_settings *from,
    const struct ftps_settings *settings);

/* For a connection that is accepted only if it resumes.  Its secrets depend on
 * those of the first handshake, whose exchange was hybrid if the client can do
 * that.  So it takes the client's plain share if there is one, which costs
 * less, unless the administrator has chosen the groups.
 */
void ftps_offer_prefer_plain(SSL *ssl, const struct ftps_settings *settings);

/* A session of TLS 1.2 or older is resumed with its cipher, and the library
 * does not ask whether the server still accepts that one.  True if it does:
 * TLSCipherSuite and the security level may have changed since.
 */
bool ftps_offer_takes_session(const SSL *ssl, const SSL_SESSION *session);

#define FTPS_OFFER_MAX       128
#define FTPS_OFFER_NAME_SIZE 16

struct ftps_offer_ids {
  unsigned int ids[FTPS_OFFER_MAX];
  size_t n;
};

/* What a context with certain settings accepts. */
struct ftps_offer {
  const SSL_CIPHER *ciphers[FTPS_OFFER_MAX];
  size_t cipher_count;
  struct ftps_offer_ids groups;
  struct ftps_offer_ids signatures;
};

/* Reads what a context that was built from these settings accepts.  Ciphers are
 * those for any kind of certificate.
 */
void ftps_offer_read(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_offer *offer);

/* FTPS_PROTO_* of a context. */
unsigned int ftps_offer_protocols(SSL_CTX *ctx);

/* The name of a number of the IANA registry.  `buffer` has FTPS_OFFER_NAME_SIZE
 * bytes, for those without a name here.
 */
const char *ftps_offer_name_group(unsigned int id, char *buffer);
const char *ftps_offer_name_signature(unsigned int id, char *buffer);

/* The group, or the kind, of the key exchange of a finished handshake, or NULL
 * if it had none.  `buffer` as above.
 */
const char *ftps_offer_key_exchange(SSL *ssl, char *buffer);

/* Its number, from which ftps_offer_name_group() makes the name again. */
unsigned int ftps_offer_number_of(const char *exchange);

#endif /* FTPS_VHOST_OFFER_H */
