/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_probe_events.c: a module that writes each event about client certificates
 * to the system log, with its data.  Built and loaded by t/26-client-certs.t.
 */
#include "conf.h"

module probe_events_module;

static void on_good(const void *data, void *arg) {
  (void) arg;
  pr_log_pri(PR_LOG_NOTICE, "probe: good %s", data == NULL ? "NULL" : "data");
}

static void on_bad(const void *data, void *arg) {
  (void) arg;
  pr_log_pri(PR_LOG_NOTICE, "probe: bad %d", *((const int *) data));
}

static int init_session(void) {
  pr_event_register(&probe_events_module, "mod_tls.verify-client", on_good,
      NULL);
  pr_event_register(&probe_events_module, "mod_tls.verify-client-failed",
      on_bad, NULL);
  return 0;
}

module probe_events_module = { NULL, NULL, 0x20, "probe_events", NULL, NULL,
  NULL, NULL, init_session, "mod_probe_events/1.0", NULL, 0 };
