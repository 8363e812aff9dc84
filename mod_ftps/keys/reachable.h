/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * reachable.h: which secrets a session that begins at an address and port may
 * need.
 *
 * vhosts.c makes the list in the daemon, whenever contexts have changed:
 * otherwise a session would search thousands of virtual hosts, in all of the
 * heap.  The daemon has one list.  Slots are borrowed, so a session clears the
 * list before it changes anything.
 */
#ifndef FTPS_KEYS_REACHABLE_H
#define FTPS_KEYS_REACHABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/settings.h"

struct ftps_daemon;
struct ftps_keyarea;

/* Makes an empty list, once.  Returns 0, or -1 if there is no memory. */
int ftps_reachable_init(struct ftps_daemon *daemon);

void ftps_reachable_forget(struct ftps_daemon *daemon);

/* The slots that are added from now on belong to a server at this place. */
void ftps_reachable_from(struct ftps_daemon *daemon,
    const struct ftps_place *place);
void ftps_reachable_add(struct ftps_keyarea *area, size_t slot);

/* False if there was no memory for all of them. */
bool ftps_reachable_is_whole(const struct ftps_daemon *daemon);

bool ftps_reachable_is_same(const struct ftps_place *a,
    const struct ftps_place *b);

/* True if a session that begins here may become a server there: the ports are
 * equal, and the addresses are equal, or one of the two is any address.
 */
bool ftps_reachable_leads_to(const struct ftps_place *here,
    const struct ftps_place *there);

/* Marks (keyarea.h) what belongs to servers at the same port that are at the
 * same address, or where one of the two is anywhere.  Is there anything?
 */
bool ftps_reachable_mark(const struct ftps_daemon *daemon,
    const struct ftps_place *here);

#endif /* FTPS_KEYS_REACHABLE_H */
