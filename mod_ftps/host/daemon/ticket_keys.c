/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ticket_keys.c: see ticket_keys.h.
 */
#include "host/daemon/ticket_keys.h"

#include <openssl/err.h>

#include "tickets/tickets.h"

#include "conf.h"
#include "privs.h"

int ftps_ticket_keys_set(struct ftps_tickets *tickets,
    const struct ftps_ticket_settings *settings, ftps_report report) {
  struct ftps_error err;
  int res;

  ftps_error_clear(&err);
  PRIVS_ROOT
  res = ftps_tickets_configure(tickets, settings, &err);
  PRIVS_RELINQUISH
  if (res < 0) {
    report(FTPS_SEVERITY_FAULT, err.text);
  }

  return res;
}

void ftps_ticket_keys_refresh(struct ftps_tickets *tickets,
    ftps_report report) {
  struct ftps_error err;
  int res;

  ftps_error_clear(&err);
  PRIVS_ROOT
  res = ftps_tickets_reread(tickets, &err);
  PRIVS_RELINQUISH

  if (res < 0) {
    ftps_error_report(report, FTPS_SEVERITY_FAULT,
        "the old ticket keys stay in use: %s", err.text);
  } else if (res > 0) {
    report(FTPS_SEVERITY_NOTICE, "changed ticket keys are in use now");
  }

  ftps_error_clear(&err);
  res = ftps_tickets_rotate(tickets, &err);
  if (res != 0) {
    report(res < 0 ? FTPS_SEVERITY_FAULT : FTPS_SEVERITY_NOTICE, err.text);
  }
  ERR_clear_error();
}
