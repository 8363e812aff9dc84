/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * resume.h: which sessions may be resumed by which connection.
 *
 * Every ticket and session of a control connection carries, as application
 * data, that connection's token (32 random bytes) and the time of the full
 * handshake from which it comes.  Each ticket of TLS 1.3 is a new session;
 * without that time a client that resumes often enough would never have to send
 * a certificate again.  A ticket also has a proof of its holder
 * (tickets/mark.h), without which no control connection is resumed by it.  A
 * data connection is accepted only if its session was resumed, and if
 *   - the token is that of its control connection; or
 *   - the ticket belongs to another control connection that has the same login
 *     (tickets/logins.h): the same user of the same virtual host, with the same
 *     client certificate, from the same address; or
 *   - in TLS 1.2, the control connection was itself resumed.  Then it is the
 *     same TLS session as the one before, and clients still offer that one's
 *     ticket.  It is accepted if no other login has claimed it.
 * Before the login, and where TLSOptions OwnSessionOnly is set, only the first
 * case counts, and in TLS 1.2 an equal master secret.
 *
 * The functions are callbacks of the library, which mod_ftps.c sets on every
 * context, and functions for conn.c and host/.
 *
 * No ticket is ever sent on a data connection: an uploader that does not read
 * it closes the socket with unread data, its kernel sends a reset, and the end
 * of the file is lost.
 */
#ifndef FTPS_CONN_RESUME_H
#define FTPS_CONN_RESUME_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "base/error.h"

struct ftps_conn;

int ftps_resume_ticket_made(SSL *ssl, void *arg);
SSL_TICKET_RETURN ftps_resume_ticket_read_cb(SSL *ssl, SSL_SESSION *session,
    const unsigned char *key_name, size_t key_name_len,
    SSL_TICKET_STATUS status, void *arg);
SSL_SESSION *ftps_resume_session_find(SSL *ssl, const unsigned char *id,
    int len, int *copy);

/* For SSL_CTX_set_cert_cb, in full handshakes only: lends the private keys of
 * the server's pairs (keys/pairs.h) to a connection.
 */
int ftps_resume_certificate_needed(SSL *ssl, void *pairs);

/* In the ClientHello of a data connection: true if the handshake should be
 * tried again in a moment.  The ticket that the client offers is of a control
 * connection that has not logged in yet.  A program that opens many connections
 * at once gets there before.
 */
bool ftps_resume_awaits_login(struct ftps_conn *data);

/* After the control handshake: the session itself gets the token.  A new one
 * that the client knows by its id goes to the cache, for other connections.
 */
int ftps_resume_keep_session(struct ftps_conn *control, struct ftps_error *err);

/* After the control handshake: the client's address. */
void ftps_resume_know_client(const struct ftps_conn *control,
    const void *address, size_t len);

/* After the login.  `names` say who has logged in where, and from which address
 * is known already.  Without names, the sessions of other control connections
 * are not accepted.
 */
void ftps_resume_enter(const struct ftps_conn *control,
    const char *const *names, size_t count);

/* Data connections: true if the session of the control connection was resumed.
 * Otherwise `err` has the reason, in words for the client.
 */
bool ftps_conn_is_bound(const struct ftps_conn *conn, struct ftps_error *err);

/* At the end of a control connection: if a fatal alert ended it, its session
 * must not be resumed again (RFC 5246, 7.2.2).
 */
void ftps_resume_forget_failed(const struct ftps_conn *control);

/* Sends one fresh TLS 1.3 ticket with the next bytes on the control connection.
 */
void ftps_resume_send_ticket(struct ftps_conn *control, int64_t now);

/* The same, if the last ticket is stale.  Other sessions of the same login can
 * read this one's tickets for as long as it calls this.
 */
void ftps_resume_renew_ticket(struct ftps_conn *control, int64_t now);

#endif /* FTPS_CONN_RESUME_H */
