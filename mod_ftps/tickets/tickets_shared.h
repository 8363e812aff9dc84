/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * tickets_shared.h: a ring of ticket secrets that several hosts share through
 * the cache.
 *
 * Used only in the daemon.
 *
 * Time is divided into epochs of the length of ftps_keyring_interval(), counted
 * from the epoch of Unix, so that all hosts have the same names for them.  The
 * secret of an epoch is a record in the cache, named by length and number of
 * the epoch.  The first host makes it at random and adds it; "add" stores only
 * if there is no such record, so all others get the same secret.  The secret of
 * the next epoch is fetched early: so a host whose clock is ahead by less than
 * FTPS_TICKETS_LEAD seconds (or half an epoch) makes tickets that all can read.
 *
 * Each host keeps the secrets that it has seen, and adds them again if the
 * cache has lost them.  Without the cache a host continues with the secrets
 * that it has.  When the last one has expired, or if there never was one, it
 * makes its own, and offers it later.  If two hosts have each made one for the
 * same epoch, because the cache had lost the first, then the one in the cache
 * is for new tickets.  The lost one goes into a second record of the epoch, so
 * that all hosts can read its tickets.
 *
 * A host that has just started, or that did not reach the cache for a while,
 * fetches what others have used meanwhile.  It repeats that for
 * FTPS_TICKETS_LEAD seconds, because the others may still be refilling the
 * cache.
 */
#ifndef FTPS_TICKETS_TICKETS_SHARED_H
#define FTPS_TICKETS_TICKETS_SHARED_H

#include <stdbool.h>
#include <stdint.h>

#include "tickets/keyring.h"

struct ftps_daemon;

#define FTPS_TICKETS_LEAD 300

struct ftps_tickets_sharing {
  struct ftps_daemon *daemon; /* its cache is used */
  int64_t age;
  bool is_reachable; /* the cache answered at the last exchange */
  int64_t last;      /* time of the last exchange with an answer, or 0 */
  int64_t since;     /* since when there are answers without a gap */
  int64_t past;      /* the next earlier epoch to fetch; 0: not begun */
};

/* One exchange, at `now` in seconds since 1970.  The ring is never left empty.
 * Returns 0, or -1 if libcrypto failed.
 */
int ftps_tickets_share(struct ftps_keyring *ring,
    struct ftps_tickets_sharing *sharing, int64_t now);

#endif /* FTPS_TICKETS_TICKETS_SHARED_H */
