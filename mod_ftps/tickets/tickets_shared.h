/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * tickets_shared.h: a ring of ticket secrets that several hosts have in common,
 * by way of the store.
 *
 * Called by tickets.c, in the daemon alone.
 *
 * Time is cut into epochs of the length of ftps_keyring_interval(), counted
 * from the epoch of Unix, so that all hosts name them alike.  The secret of an
 * epoch is a record of the store, named by length and number of the epoch.
 * Whoever comes first adds it, at random; "add" stores only what is not there,
 * so all others get the same.  The secret of the next epoch is fetched early:
 * a host whose clock is ahead by less than FTPS_TICKETS_LEAD seconds (or half
 * an epoch) is understood by all.
 *
 * Each host keeps what it has seen and adds it again when the cache has lost
 * it.  Without the cache the secrets at hand go on being used; when the last
 * one has expired, or there never was any, a host makes one of its own and
 * offers it later.  Where two hosts have made one each for the same epoch, the
 * one in the cache is for new tickets, and each host can read its own.
 *
 * Source: issue 4, item 5.
 */
#ifndef FTPS_TICKETS_TICKETS_SHARED_H
#define FTPS_TICKETS_TICKETS_SHARED_H

#include <stdbool.h>
#include <stdint.h>

#include "tickets/keyring.h"

struct ftps_daemon;

#define FTPS_TICKETS_LEAD 300

struct ftps_tickets_sharing {
  struct ftps_daemon *daemon; /* whose cache is asked */
  int64_t age;
  bool is_reachable; /* the last exchange was answered */
  int64_t past; /* the next earlier epoch to be asked for; 0: none was yet */
};

/* One exchange, at `now` in seconds since 1970.  The ring is never left empty.
 * 0, or -1 when libcrypto failed.
 */
int ftps_tickets_share(struct ftps_keyring *ring,
    struct ftps_tickets_sharing *sharing, int64_t now);

#endif /* FTPS_TICKETS_TICKETS_SHARED_H */
