/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * tickets.h: the keys that encrypt session tickets.
 *
 * The daemon has a ring of secrets (tickets/keyring.h), one for all virtual
 * hosts: a session that SNI moves to another host keeps the tickets of the
 * first.  A timer makes new secrets, or they are read from a file, or shared
 * with other hosts (tickets/tickets_shared.h).  The ring survives a reload.
 *
 * A session inherits the ring by fork, as it is at that moment.  At its control
 * handshake it derives keys of its own from the current secret, and those of
 * the ticket that the client sent; then it unmaps the ring.  All tickets of
 * this control connection are encrypted with the session's own keys, and the
 * ticket of a data connection is of one of these two kinds.  So
 *   - a data connection finds its key as long as the control connection is
 *     open, also after a rotation, and rotation need not reach sessions;
 *   - a session cannot read the tickets of others after its handshake, except
 *     those of the same login (tickets/logins.h);
 *   - a session cannot make a ticket for another holder than itself, although
 *     it has the keys of its tickets: the proof needs the secret
 *     (tickets/mark.h);
 *   - an expired secret is nowhere: not in the daemon, and not in sessions.
 * Another control connection can resume until the secret expires that was
 * current when the session began.
 *
 * Pages of secrets and keys are private to the process, kept out of core dumps,
 * and locked if the system allows it.
 *
 * DIAGNOSTICS: -1 and an error with directive, path, fault and remedy.
 *
 * Source: doc/contract.md: TLSSessionTicketKeys.
 */
#ifndef FTPS_TICKETS_TICKETS_H
#define FTPS_TICKETS_TICKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

struct ftps_daemon;

/* A member of struct ftps_daemon. */
struct ftps_tickets;

/* Makes it, once, without any key.  Returns 0, or -1 if there is no memory. */
int ftps_tickets_init(struct ftps_daemon *daemon);

/* The daemon calls ftps_tickets_rotate() this often at least, in seconds. */
#define FTPS_TICKETS_TICK 15

/* In the daemon, when the configuration has been read; needs root.  The secrets
 * in the ring stay, unless they came from another source.  Returns 0, or -1 if
 * a file cannot be used (the secrets stay, and the file is tried again when it
 * has changed), or if there is no memory.
 */
int ftps_tickets_configure(struct ftps_tickets *tickets,
    const struct ftps_ticket_settings *settings, struct ftps_error *err);

/* In the daemon: reads the file if it has changed.  Returns 0 if there is
 * nothing to do, 1 if it was read, or -1 with `err` set: then the old keys
 * stay; this is logged once.  Needs root.
 */
int ftps_tickets_reread(struct ftps_tickets *tickets, struct ftps_error *err);

/* In the daemon, by its timer: makes new secrets when it is time, and wipes
 * expired ones.  Returns 0; -1 with `err` set if there are no random bytes; or
 * 1 with `err` set if the cache that shares them does not answer, or answers
 * again.
 */
int ftps_tickets_rotate(struct ftps_tickets *tickets, struct ftps_error *err);

/* Locks them in memory again, after a fork. */
void ftps_tickets_lock(const struct ftps_tickets *tickets);

/* In a session, after the control handshake or a login without TLS. */
void ftps_tickets_drop(struct ftps_tickets *tickets);

/* Frees all memory, when the module is unloaded. */
void ftps_tickets_free(struct ftps_tickets *tickets);

/* In a session, before ftps_tickets_drop(): a proof for the own tickets, that
 * they are of this holder (tickets/mark.h).  Returns false if there is no
 * secret, so that nobody else could read these tickets either.
 */
bool ftps_tickets_prove(struct ftps_tickets *tickets,
    const unsigned char *holder, unsigned char *proof_out);

/* The same for the tickets of this name, in another session, likewise. */
bool ftps_tickets_is_proved(const struct ftps_tickets *tickets,
    const unsigned char *name, const unsigned char *holder,
    const unsigned char *proof);

/* For a context that is being built. */
void ftps_tickets_set(SSL_CTX *ctx);

/* For administrators; in the daemon. */
struct ftps_tickets_status {
  const char *source; /* "memory", "file", "shared" */
  const char *path;   /* of the file; NULL otherwise */
  size_t count;       /* keys with which tickets can be read */
  int64_t age;        /* of the key for new tickets, in seconds */
  bool is_faulty;     /* the file cannot be used, or the cache does not
                       * answer */
};

/* Returns false if there are none, because no server uses TLS. */
bool ftps_tickets_status(const struct ftps_tickets *tickets,
    struct ftps_tickets_status *status_out);

#endif /* FTPS_TICKETS_TICKETS_H */
