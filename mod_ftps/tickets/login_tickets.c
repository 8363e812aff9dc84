/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * login_tickets.c: see login_tickets.h.
 */
#include "tickets/login_tickets.h"

#include <string.h>

#include "base/clock.h"
#include "tickets/logins.h"
#include "tickets/tickets_own.h"

/* How often a session makes its record new: well within its lifetime. */
#define RECORD_EVERY_MS (12ULL * 60 * 60 * 1000)

void ftps_tickets_know_client(struct ftps_tickets *tickets, const void *address,
    size_t len, const struct ftps_ticket_keys *record) {
  struct ftps_tickets_own *own = tickets->own;

  ftps_logins_begin(tickets->logins, address, len);
  if (own == NULL) {
    return;
  }

  own->has_session = record != NULL;
  if (record != NULL) {
    own->session = *record;
    ftps_logins_announce(tickets->logins, record->name);
  }
}

static void add_records(struct ftps_tickets *tickets, bool is_one_session) {
  struct ftps_tickets_own *own = tickets->own;

  if (own->is_made) {
    ftps_logins_add(tickets->logins, FTPS_LOGINS_TICKET, &own->made);
  }

  own->is_brought_ours = own->is_brought && is_one_session &&
      ftps_logins_claim(tickets->logins, FTPS_LOGINS_TICKET, &own->brought);
  own->is_session_others = own->has_session &&
      !ftps_logins_claim(tickets->logins, FTPS_LOGINS_ID, &own->session);
  own->recorded = ftps_clock_ms();
}

void ftps_tickets_enter(struct ftps_tickets *tickets, const void *identity,
    size_t len, bool is_one_session) {
  struct ftps_tickets_own *own = tickets->own;

  if (own == NULL) {
    return;
  }

  ftps_logins_enter(tickets->logins, identity, len);
  if (ftps_tickets_is_entered(tickets)) {
    add_records(tickets, is_one_session);
    return;
  }

  ftps_logins_withdraw(tickets->logins, own->made.name);
  if (own->has_session) {
    ftps_logins_withdraw(tickets->logins, own->session.name);
  }
}

void ftps_tickets_leave(struct ftps_tickets *tickets) {
  const struct ftps_tickets_own *own = tickets->own;

  if (own != NULL) {
    ftps_logins_leave(tickets->logins, own->made.name);
    ftps_logins_leave(tickets->logins, own->brought.name);
    ftps_logins_leave(tickets->logins, own->session.name);
  }
}

bool ftps_tickets_is_entered(const struct ftps_tickets *tickets) {
  return ftps_logins_is_entered(tickets->logins);
}

void ftps_tickets_refresh_login(struct ftps_tickets *tickets) {
  struct ftps_tickets_own *own = tickets->own;

  if (own != NULL && own->recorded != 0 &&
      ftps_clock_ms() - own->recorded > RECORD_EVERY_MS) {
    add_records(tickets, own->is_brought_ours);
  }
}

static bool is_named(const struct ftps_ticket_keys *keys,
    const unsigned char *name) {
  return memcmp(keys->name, name, sizeof(keys->name)) == 0;
}

bool ftps_tickets_is_of_login(const struct ftps_tickets *tickets,
    const unsigned char *name, size_t len) {
  const struct ftps_tickets_own *own = tickets->own;

  if (own == NULL || len != FTPS_TICKET_NAME_SIZE) {
    return false;
  }

  return (own->is_other && is_named(&own->other, name)) ||
      (own->is_brought_ours && is_named(&own->brought, name));
}

bool ftps_tickets_may_come(const struct ftps_tickets *tickets,
    const unsigned char *name) {
  return ftps_logins_is_announced(tickets->logins, name);
}

bool ftps_tickets_may_offer_id(const struct ftps_tickets *tickets) {
  return tickets->own == NULL || !tickets->own->is_session_others;
}

bool ftps_tickets_find_session(const struct ftps_tickets *tickets,
    const unsigned char *name, struct ftps_ticket_keys *record_out) {
  return ftps_logins_find(tickets->logins, FTPS_LOGINS_ID, name, record_out);
}
