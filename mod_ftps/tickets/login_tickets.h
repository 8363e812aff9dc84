/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * login_tickets.h: the tickets and sessions of one login that has several
 * control connections, in a session (tickets/logins.h).
 */
#ifndef FTPS_TICKETS_LOGIN_TICKETS_H
#define FTPS_TICKETS_LOGIN_TICKETS_H

#include <stdbool.h>
#include <stddef.h>

struct ftps_ticket_keys;
struct ftps_tickets;

/* In a session, after the control handshake.  `record` is that of the session,
 * if the client knows it by its id (tickets/session_ids.h); otherwise NULL.
 */
void ftps_tickets_know_client(struct ftps_tickets *tickets, const void *address,
    size_t len, const struct ftps_ticket_keys *record);

/* After the login.  From now on the tickets of other control connections that
 * have the same login can be read, and other sessions can read this one's.
 * Without an identity, only the own tickets can be read.  `is_one_session`: TLS
 * 1.2 has resumed a ticket, so that its session is this one's.
 */
void ftps_tickets_enter(struct ftps_tickets *tickets, const void *identity,
    size_t len, bool is_one_session);
bool ftps_tickets_is_entered(const struct ftps_tickets *tickets);

/* At the end of the session: nothing belongs to it any more. */
void ftps_tickets_leave(struct ftps_tickets *tickets);

/* Keeps the own tickets readable for other sessions, in time. */
void ftps_tickets_refresh_login(struct ftps_tickets *tickets);

/* True if the ticket with this key name, which has been read, is of the same
 * login.  The own tickets do not count.
 */
bool ftps_tickets_is_of_login(const struct ftps_tickets *tickets,
    const unsigned char *name, size_t len);

/* True if that name is of a session which has not logged in yet, and may. */
bool ftps_tickets_may_come(const struct ftps_tickets *tickets,
    const unsigned char *name);

/* False if the id of the own session belongs to another login. */
bool ftps_tickets_may_offer_id(const struct ftps_tickets *tickets);

/* Finds the session of another control connection of the same login. */
bool ftps_tickets_find_session(const struct ftps_tickets *tickets,
    const unsigned char *name, struct ftps_ticket_keys *record_out);

#endif /* FTPS_TICKETS_LOGIN_TICKETS_H */
