/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * logins.h: which session tickets belong to one login.
 *
 * Programs that open several control connections often keep one session cache
 * for all of them (rclone, curl -Z).  A data connection of theirs may offer the
 * ticket of another control connection.  That ticket is as good as the own one
 * if the other control connection has the same login: the same user of the same
 * virtual host, with the same client certificate, from the same address.
 *
 * Sessions share a table of sealed records.  After its login a session adds a
 * record: the name of the keys of its tickets, and these keys, sealed with the
 * key of the login, which is derived in two steps:
 *
 *   key of the address = HMAC-SHA256(secret of the daemon, label || address)
 *   key of the login   = HMAC-SHA256(key of the address, label || identity)
 *
 * The secret leaves the session with the control handshake, and the key of the
 * address leaves it with the login.  So a session can open the records of its
 * own login only, and none before its login.  Every session can write the
 * table.  It can destroy records there; then tickets of other connections are
 * refused, as they would be without the table.  It cannot forge one.
 *
 * In TLS 1.2 several control connections may be one TLS session: by the ticket
 * by which they were resumed, or by the id of the session.  Such a name belongs
 * to the login that claims it first, as long as the claiming session lives.  A
 * session says when it ends, because another process may get its id.
 *
 * A full table forgets the records of sessions that have ended before those of
 * living ones, so that a busy server does not forget who is there.
 *
 * All functions accept NULL, and then know no login.
 */
#ifndef FTPS_TICKETS_LOGINS_H
#define FTPS_TICKETS_LOGINS_H

#include <stdbool.h>
#include <stddef.h>

#include "tickets/keyring.h"

struct ftps_logins;

/* What a record is about: the keys of a control connection's tickets, or the
 * session that its client knows by an id (tickets/session_ids.h), in the form
 * of such keys.
 */
enum ftps_logins_use {
  FTPS_LOGINS_TICKET = 't',
  FTPS_LOGINS_ID = 'i'
};

/* In the daemon, once.  Returns NULL if there is no memory. */
struct ftps_logins *ftps_logins_new(void);
void ftps_logins_free(struct ftps_logins *logins);

/* The secret is kept out of swap; again after a fork. */
void ftps_logins_lock(const struct ftps_logins *logins);

/* In a session, after the control handshake.  Later calls change nothing.
 * Without an address no login will be known.
 */
void ftps_logins_begin(struct ftps_logins *logins, const void *address,
    size_t len);

/* After the login.  Without an identity, no login is known from now on. */
void ftps_logins_enter(struct ftps_logins *logins, const void *identity,
    size_t len);
bool ftps_logins_is_entered(const struct ftps_logins *logins);

/* Before a ticket of this name is sent: it may come to another session before
 * this one has logged in.  Later a record takes the place of the name, or
 * nothing does.  A name that has a record already is left alone.  After the
 * login the call does nothing.
 */
void ftps_logins_announce(struct ftps_logins *logins,
    const unsigned char *name);
void ftps_logins_withdraw(struct ftps_logins *logins,
    const unsigned char *name);

/* At the end of a session: its record of this name remains, but the name can be
 * had, and the slot too.
 */
void ftps_logins_leave(struct ftps_logins *logins, const unsigned char *name);

/* True if a living session has announced the name, and has not logged in. */
bool ftps_logins_is_announced(const struct ftps_logins *logins,
    const unsigned char *name);

/* Adds a record of this session. */
void ftps_logins_add(struct ftps_logins *logins, enum ftps_logins_use use,
    const struct ftps_ticket_keys *keys);

/* The same, for a name that another session may have.  Returns false if another
 * login has it.
 */
bool ftps_logins_claim(struct ftps_logins *logins, enum ftps_logins_use use,
    const struct ftps_ticket_keys *keys);

/* Finds the record of this name.  Returns false if there is none, or if it is
 * another login's.
 */
bool ftps_logins_find(const struct ftps_logins *logins,
    enum ftps_logins_use use, const unsigned char *name,
    struct ftps_ticket_keys *keys_out);

#endif /* FTPS_TICKETS_LOGINS_H */
