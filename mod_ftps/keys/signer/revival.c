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
  if (ftps_keeper_restart(keeper, &err) < 0) {
    report(FTPS_SEVERITY_FAULT, err.text);
  } else {
    report(FTPS_SEVERITY_NOTICE,
        "TLSKeyIsolation: the process \"ftps-keeper\" was ended by somebody; "
        "there is another one, for which the keys are read again");
  }
}

void ftps_revival_run(struct ftps_daemon *daemon,
    struct ftps_keypair_load *loads, size_t n, ftps_report report) {
  struct ftps_error err;

  for (size_t i = 0; i < n; i++) {
    if (ftps_keeper_is_lost(loads[i].into)) {
      restart_one(loads[i].into, report);
    }
  }

  ftps_error_clear(&err);
  if (ftps_keypair_load(daemon, loads, n, FTPS_KEYPAIR_NO_LIMIT, &err) < 0) {
    report(FTPS_SEVERITY_FAULT, err.text);
  }
  for (size_t i = 0; i < n; i++) {
    if (loads[i].error.text[0] != '\0') {
      report(FTPS_SEVERITY_FAULT, loads[i].error.text);
    }
    ftps_keeper_go(loads[i].into);
    ftps_keypair_unref(loads[i].pair);
  }
}
