/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * tickets_own.h: the private part of tickets/tickets.h; only tickets.c and
 * login_tickets.c use it.
 */
#ifndef FTPS_TICKETS_TICKETS_OWN_H
#define FTPS_TICKETS_TICKETS_OWN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/settings.h"
#include "base/stamp.h"
#include "tickets/keyring.h"
#include "tickets/logins.h"
#include "tickets/tickets_shared.h"

/* The keys of a session: those that encrypt its own tickets; those of the
 * ticket by which its control connection was resumed, which in TLS 1.2 clients
 * may still offer; and those of another control connection of the same login,
 * whose ticket was offered last.
 */
struct ftps_tickets_own {
  /* Otherwise the keys are zeros, which anybody knows. */
  bool is_made, is_brought, is_other;
  struct ftps_ticket_keys made;
  struct ftps_ticket_keys brought;
  struct ftps_ticket_keys other;

  bool is_brought_ours;   /* TLS 1.2: no other login has claimed that ticket */
  bool has_session;       /* the client knows the session by its id */
  bool is_session_others; /* and another login has claimed it */
  struct ftps_ticket_keys session;
  uint64_t recorded; /* ms */
};

struct ftps_tickets {
  struct ftps_keyring *ring;    /* pages; NULL: not configured, or dropped */
  struct ftps_tickets_own *own; /* a page; empty in the daemon */
  struct ftps_logins *logins;   /* NULL: there is no memory for it */

  enum ftps_ticket_source source;
  int64_t age;
  char *path;
  struct ftps_stamps tried; /* of the file */
  bool is_faulty;           /* it cannot be used */
  bool is_due;              /* must be tried again although it looks the same */
  struct ftps_tickets_sharing sharing;
};

#endif /* FTPS_TICKETS_TICKETS_OWN_H */
