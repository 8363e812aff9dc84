/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * session_ids.h: sessions that clients know by their id (TLS 1.2 without
 * tickets), as records of tickets/logins.h.
 *
 * Another control connection of the same login has the same virtual host and
 * the same client certificate.  So its session is a copy of the own one with
 * another id, master secret and cipher, and that is what a record has.  Where
 * only one of the two has the extended master secret (RFC 7627), the name of
 * the record differs.
 */
#ifndef FTPS_TICKETS_SESSION_IDS_H
#define FTPS_TICKETS_SESSION_IDS_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include "tickets/keyring.h"

/* The name of a record.  Returns 0, or -1 if libcrypto failed. */
int ftps_session_ids_name(const unsigned char *id, size_t len, bool has_ems,
    unsigned char *name_out);

/* Returns 0; or -1 if the session has no id, or is of TLS 1.3. */
int ftps_session_ids_describe(const SSL_SESSION *session, bool has_ems,
    struct ftps_ticket_keys *record_out);

/* Returns the session with this id, or NULL if there is no memory. */
SSL_SESSION *ftps_session_ids_make(const struct ftps_ticket_keys *record,
    const SSL_SESSION *own, SSL *ssl, const unsigned char *id, size_t len);

#endif /* FTPS_TICKETS_SESSION_IDS_H */
