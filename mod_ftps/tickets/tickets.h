/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * tickets.h: what session tickets are encrypted with.
 *
 * The daemon has a ring of secrets (tickets/keyring.h), one for
 * all virtual hosts: a session that SNI moves to another one goes on with the
 * tickets of the first.  The ring is made anew by a timer, read from a file, or
 * shared with other hosts (tickets/tickets_shared.h).  It survives a restart.
 *
 * A session inherits the ring by fork, as it is at that moment.  At its control
 * handshake it derives keys of its own from the current secret, and those of
 * the ticket that the client brought; then it unmaps the ring.  All tickets of
 * this control connection are encrypted with the session's own keys, and a data
 * connection comes with one of those two kinds.  So
 *   - a data connection finds its key for as long as the control connection is
 *     open, whatever has been rotated, and rotation need not reach sessions;
 *   - a session, once the handshake is over, can read no tickets of others;
 *   - what has expired is nowhere: not in the daemon, and not in sessions.
 * Another control connection can resume until the secret expires that was
 * current when the session began.
 *
 * Pages of secrets and keys are private to the process, kept out of core dumps
 * and locked where the system allows it.
 *
 * DIAGNOSTICS: -1 and an error with directive, path, fault and remedy.
 *
 * Source: issue 4, item 5; contract section 1.
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

/* Makes it, once, without any key.  Returns 0, or -1 without memory. */
int ftps_tickets_init(struct ftps_daemon *daemon);

/* The daemon calls ftps_tickets_rotate() this often at least, in seconds. */
#define FTPS_TICKETS_TICK 15

/* In the daemon, when the configuration has been read; needs root.  What was in
 * the ring stays, unless it came from another source.  -1: a file that cannot
 * be used (what was in the ring stays, the file is tried again when it has
 * changed), or no memory.
 */
int ftps_tickets_configure(struct ftps_tickets *tickets,
    const struct ftps_ticket_settings *settings, struct ftps_error *err);

/* In the daemon: has the file changed?  0 nothing to do, 1 read, -1 and `err`:
 * the old keys stay; told once.  Needs root.
 */
int ftps_tickets_reread(struct ftps_tickets *tickets, struct ftps_error *err);

/* In the daemon, by its timer: new secrets when it is time, expired ones wiped.
 * 0; -1 and `err`: no random bytes; 1 and `err`: the cache that they are shared
 * by does not answer, or does again.
 */
int ftps_tickets_rotate(struct ftps_tickets *tickets, struct ftps_error *err);

/* Locks in memory again, after a fork. */
void ftps_tickets_lock(const struct ftps_tickets *tickets);

/* In a session, after the control handshake or a login without TLS. */
void ftps_tickets_drop(struct ftps_tickets *tickets);

/* All memory, at module unload. */
void ftps_tickets_free(struct ftps_tickets *tickets);

/* Of a context that is being built. */
void ftps_tickets_set(SSL_CTX *ctx);

/* For administrators; in the daemon. */
struct ftps_tickets_status {
  const char *source; /* "memory", "file", "shared" */
  const char *path;   /* of the file; NULL otherwise */
  size_t count;       /* keys that tickets can be read with */
  int64_t age;        /* of the key for new tickets, in seconds */
  bool is_faulty;     /* the file cannot be used, the cache does not answer */
};

/* False: there are none, since no server speaks TLS. */
bool ftps_tickets_status(const struct ftps_tickets *tickets,
    struct ftps_tickets_status *status_out);

#endif /* FTPS_TICKETS_TICKETS_H */
