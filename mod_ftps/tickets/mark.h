/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mark.h: what sessions and tickets of control connections have as application
 * data: the token of the connection, the time of the full handshake from which
 * they come, and a proof.
 *
 * A session process has the keys of its own tickets as long as it lives.  Who
 * reads its memory could make tickets with them, with the certificate of
 * anybody else, which is public.  So a ticket has a proof of its holder: the
 * virtual host, the client certificate, and that time.  It is made with a
 * secret that the session loses with its handshake (tickets/tickets.h).
 */
#ifndef FTPS_TICKETS_MARK_H
#define FTPS_TICKETS_MARK_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "tickets/keyring.h"

/* Returns the token, with all that follows it, or NULL if there is none. */
const unsigned char *ftps_mark_get0(SSL_SESSION *session);
bool ftps_mark_has_token(SSL_SESSION *session, const unsigned char *token);

/* FTPS_TICKET_PROOF_SIZE bytes, or NULL. */
const unsigned char *ftps_mark_get0_proof(SSL_SESSION *session);

/* Of the first handshake, seconds. */
int64_t ftps_mark_time(SSL_SESSION *session);

/* Keeps the time.  Returns 1, or 0 if there is no memory. */
int ftps_mark_set(SSL_SESSION *session, const unsigned char *token,
    const unsigned char *proof);

/* Describes the holder.  Returns 0, or -1 if libcrypto failed. */
int ftps_mark_describe(SSL_SESSION *session,
    unsigned char holder_out[FTPS_TICKET_HOLDER_SIZE]);

#endif /* FTPS_TICKETS_MARK_H */
