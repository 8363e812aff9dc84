/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * revival.c: see revival.h.
 */
#include "keys/signer/revival.h"

#include "keys/signer/keeper.h"

static void restart_one(struct ftps_keeper *keeper, ftps_report report) {
  struct ftps_error err;

  ftps_error_clear(&err);
  if (ftps_keeper_restart(keeper, &err) == 0) {
    report(FTPS_SEVERITY_NOTICE,
        "TLSKeyIsolation: the process \"ftps-keeper\" was ended by somebody; "
        "there is another one, for which the keys are read again");
  } else if (err.text[0] != '\0') {
    report(FTPS_SEVERITY_FAULT, err.text);
  }
}

/* Returns how many have a keeper now; the others are at the end. */
static size_t restart_all(struct ftps_keypair_load *loads, size_t n,
    ftps_report report) {
  size_t count = 0;

  for (size_t i = 0; i < n; i++) {
    if (ftps_keeper_must_restart(loads[i].into)) {
      restart_one(loads[i].into, report);
    }
    if (!ftps_keeper_is_lost(loads[i].into)) {
      struct ftps_keypair_load load = loads[count];

      loads[count++] = loads[i];
      loads[i] = load;
    }
  }

  return count;
}

static void judge(struct ftps_keypair_load *load, ftps_report report) {
  if (load->pair == NULL || !ftps_keypair_is_isolated(load->pair)) {
    ftps_error_set(&load->error,
        "TLSKeyIsolation: the key of %s did not reach the process that signs",
        load->request.certificate);
    report(FTPS_SEVERITY_FAULT, load->error.text);
  }
}

size_t ftps_revival_run(struct ftps_daemon *daemon,
    struct ftps_keypair_load *loads, size_t n, ftps_report report) {
  size_t count = restart_all(loads, n, report);
  struct ftps_error err;

  ftps_error_clear(&err);
  if (ftps_keypair_load(daemon, loads, count, FTPS_KEYPAIR_NO_LIMIT, &err) <
      0) {
    report(FTPS_SEVERITY_FAULT, err.text);
  }
  for (size_t i = 0; i < count; i++) {
    ftps_error_take(&loads[i].error, &err);
    if (err.text[0] == '\0') {
      judge(&loads[i], report);
    }
    ftps_keeper_go(loads[i].into);
    ftps_keypair_unref(loads[i].pair);
    loads[i].pair = NULL;
  }

  return count;
}
