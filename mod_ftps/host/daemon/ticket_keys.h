/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ticket_keys.h: what the daemon does, as root, with the ring of ticket keys
 * (tickets/tickets.h), and what it reports.
 */
#ifndef FTPS_HOST_DAEMON_TICKET_KEYS_H
#define FTPS_HOST_DAEMON_TICKET_KEYS_H

#include "base/error.h"
#include "base/settings.h"

struct ftps_tickets;

/* Before contexts are built.  Returns 0, or -1 if `report` got a fault. */
int ftps_ticket_keys_set(struct ftps_tickets *tickets,
    const struct ftps_ticket_settings *settings, ftps_report report);

/* By the timer: reads a changed file, and rotates keys. */
void ftps_ticket_keys_refresh(struct ftps_tickets *tickets, ftps_report report);

#endif /* FTPS_HOST_DAEMON_TICKET_KEYS_H */
