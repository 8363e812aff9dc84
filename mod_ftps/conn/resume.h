/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * resume.h: which sessions may be resumed where.
 *
 * Every ticket and session of a control connection carries that
 * connection's token (32 random bytes) as application data, and the time of the
 * full handshake that it goes back to: each ticket of TLS 1.3 is a new session,
 * and without that time whoever resumes often enough would never have to show a
 * certificate again.  A data connection
 * is accepted only if its session was resumed and the token is that of its
 * control connection.  In TLS 1.2 a control connection that was itself resumed
 * is the same TLS session as the one before, and clients go on offering that
 * one's ticket: there an equal master secret is as good.
 *
 * The functions are callbacks of the library, set on every context by
 * mod_ftps.c, plus what conn.c and the host layer need.
 *
 * No ticket goes out on a data connection, ever: an uploader that does not read
 * it closes with unread data, its kernel sends a reset, and the tail of the
 * file is lost.
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

/* SSL_CTX_set_cert_cb, in full handshakes alone: lends the private keys of the
 * server's pairs (keys/pairs.h) to a connection.
 */
int ftps_resume_certificate_needed(SSL *ssl, void *pairs);

/* After the control handshake: the session itself gets the token.  A new one
 * that the client knows by its id goes to the cache, for other connections.
 */
int ftps_resume_keep_session(struct ftps_conn *control, struct ftps_error *err);

/* Is this the session of a data connection's control connection?  Constant
 * time.
 */
bool ftps_resume_is_own(const struct ftps_conn *data, SSL_SESSION *session);

/* Data connections: was the session of the control connection resumed?  When
 * not, `err` says why, in words for the client.
 */
bool ftps_conn_is_bound(const struct ftps_conn *conn, struct ftps_error *err);

/* At the end of a control connection: if that was a fatal alert, its session
 * must not be resumed again (RFC 5246, 7.2.2).
 */
void ftps_resume_forget_failed(const struct ftps_conn *control);

/* One fresh TLS 1.3 ticket with the next bytes on the control connection. */
void ftps_resume_send_ticket(struct ftps_conn *control, int64_t now);

/* The same as send_ticket, when the last one is stale. */
void ftps_resume_renew_ticket(struct ftps_conn *control, int64_t now);

#endif /* FTPS_CONN_RESUME_H */
