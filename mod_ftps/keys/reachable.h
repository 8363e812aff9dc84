/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * reachable.h: which secrets can a session that begins at some place come to
 * need?
 *
 * vhosts.c makes the list in the daemon, whenever contexts
 * have changed: a session would look through thousands of virtual hosts, all
 * over the heap.  The daemon has one list; slots are borrowed, so it is
 * forgotten in a session before that changes anything.
 */
#ifndef FTPS_KEYS_REACHABLE_H
#define FTPS_KEYS_REACHABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/settings.h"

struct ftps_daemon;
struct ftps_keyarea;

/* Makes an empty list, once.  Returns 0, or -1 without memory. */
int ftps_reachable_init(struct ftps_daemon *daemon);

void ftps_reachable_forget(struct ftps_daemon *daemon);

/* What is added from now on belongs to a server at this place. */
void ftps_reachable_from(struct ftps_daemon *daemon,
    const struct ftps_place *place);
void ftps_reachable_add(struct ftps_keyarea *area, size_t slot);

/* False: there was no memory for all. */
bool ftps_reachable_is_whole(const struct ftps_daemon *daemon);

/* Can a session that begins here become a server there?  The ports are equal,
 * and the addresses are, or one of the two is anywhere.
 */
bool ftps_reachable_leads_to(const struct ftps_place *here,
    const struct ftps_place *there);

/* Marks (keyarea.h) what belongs to servers at the same port that are at the
 * same address, or where one of the two is anywhere.  Is there anything?
 */
bool ftps_reachable_mark(const struct ftps_daemon *daemon,
    const struct ftps_place *here);

#endif /* FTPS_KEYS_REACHABLE_H */
