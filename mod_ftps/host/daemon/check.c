/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * check.c: see check.h.
 */
#include "host/daemon/check.h"

#include <signal.h>
#include <unistd.h>

#include "base/daemon.h"
#include "base/wake.h"
#include "host/daemon/heap.h"
#include "host/daemon/notices.h"
#include "host/daemon/renewals.h"
#include "host/daemon/ticket_keys.h"
#include "keys/signer/keeper.h"
#include "log/log.h"
#include "named/names.h"
#include "named/revive.h"
#include "ocsp/stapling.h"
#include "vhost/vhosts.h"

#include "conf.h"

extern module ftps_module;

/* How often the daemon checks for renewed files.  Sessions check by themselves;
 * this saves them the work.
 */
#define CHECK_FILES_SECONDS 15

/* How often sessions may make it check in between. */
#define LOOKS_MAX 30

/* How often it continues unfinished work, and checks whether OCSP responders
 * have answered.
 */
#define GO_ON_SECONDS 1

void ftps_check_report(enum ftps_severity severity, const char *text) {
  ftps_log_admin(severity == FTPS_SEVERITY_FAULT ? PR_LOG_ERR : PR_LOG_WARNING,
      "%s", text);
}

/* What was built has left holes in the heap. */
static void end_reading(struct ftps_daemon *daemon) {
  if (ServerType == SERVER_STANDALONE) {
    ftps_heap_fill(daemon);
  }
  daemon->is_reading = false;
}

/* ProFTPD runs timers wherever it handles signals, so also while files are read
 * and keys are tried.  A timer that read the same files would take away what
 * the first reader has prepared, or free the response that it holds.
 */
static void refresh(struct ftps_daemon *daemon) {
  bool is_unfinished;

  daemon->is_reading = true;
  is_unfinished = ftps_vhosts_refresh_all(daemon, ftps_check_report);
  ftps_names_sync(daemon, false);
  daemon->is_unfinished =
      ftps_names_refresh(daemon, ftps_check_report) || is_unfinished;
  ftps_renewals_note(daemon);
  ftps_keepers_forget_retired(daemon);
  end_reading(daemon);
}

static int go_on(CALLBACK_FRAME) {
  struct ftps_daemon *daemon = ftps_daemon_get0();

  if (daemon->is_reading) {
    return 1;
  }
  if (daemon->is_unfinished) {
    refresh(daemon);
  }
  daemon->is_waiting = ftps_stapling_renew(daemon, true);
  daemon->is_going_on = daemon->is_waiting || daemon->is_unfinished;
  return daemon->is_going_on ? 1 : 0;
}

/* At each tick the daemon accepts nobody for a moment, so there are more ticks
 * only while there is something to do.  A process of inetd ends before a
 * responder could answer.  ProFTPD counts in whole seconds, and may call
 * go_on() before pr_timer_add() returns.
 */
void ftps_check_responses(void) {
  struct ftps_daemon *daemon = ftps_daemon_get0();

  if (daemon->is_reading) {
    return;
  }
  daemon->is_reading = true;
  daemon->is_waiting =
      ftps_stapling_renew(daemon, ServerType == SERVER_STANDALONE);
  daemon->is_reading = false;
  if ((daemon->is_waiting || daemon->is_unfinished) && !daemon->is_going_on) {
    daemon->is_going_on = true;
    if (pr_timer_add(GO_ON_SECONDS, -1, &ftps_module, go_on,
            "changed files, answers of OCSP responders") < 0) {
      daemon->is_going_on = false;
    }
  }
}

/* Renewed certificates need responses of their own. */
bool ftps_check_now(void) {
  struct ftps_daemon *daemon = ftps_daemon_get0();

  if (daemon->is_reading) {
    return true;
  }
  ftps_ticket_keys_refresh(daemon->tickets, ftps_check_report);
  refresh(daemon);
  ftps_check_responses();
  return daemon->is_unfinished;
}

static int check_files(CALLBACK_FRAME) {
  ftps_daemon_get0()->looks_left = LOOKS_MAX;
  (void) ftps_check_now();
  ftps_notices_renew();
  return 1;
}

/* A session has found changed files. */
static void look_now(struct ftps_daemon *daemon) {
  if (daemon->looks_left > 0) {
    daemon->looks_left--;
    refresh(daemon);
    ftps_check_responses();
  }
}

/* Sessions have met new names, or renewed files. */
static void hear_names(struct ftps_daemon *daemon) {
  uint64_t before = ftps_names_generation(daemon);

  daemon->is_reading = true;
  if (ftps_names_hear(daemon, ftps_check_report)) {
    (void) kill(getpid(), SIGCHLD);
  }
  if (ftps_names_generation(daemon) != before) {
    ftps_renewals_note(daemon);
  }
  end_reading(daemon);
}

/* ProFTPD calls this each time that its daemon has waited, and once in each
 * session, which inherits the call.
 */
static void look_if_asked(void *a, void *b, void *c, void *d) {
  struct ftps_daemon *daemon = ftps_daemon_get0();

  (void) a;
  (void) b;
  (void) c;
  (void) d;
  if (!ftps_wake_is_daemon(daemon)) {
    return;
  }

  daemon->is_looking = false;
  if (pr_module_exists("mod_ftps.c")) {
    if (ftps_keepers_are_lost(daemon)) {
      daemon->is_reading = true;
      ftps_named_revive(daemon, ftps_check_report);
      end_reading(daemon);
    }
    if (ftps_wake_take(daemon)) {
      look_now(daemon);
    }
    hear_names(daemon);
    ftps_check_listen();
  }
}

void ftps_check_listen(void) {
  struct ftps_daemon *daemon = ftps_daemon_get0();

  if (!daemon->is_looking) {
    schedule(look_if_asked, 0, NULL, NULL, NULL, NULL);
    daemon->is_looking = true;
  }
}

void ftps_check_start(void) {
  struct ftps_daemon *daemon = ftps_daemon_get0();

  daemon->is_waiting = daemon->is_unfinished = daemon->is_going_on = false;
  daemon->is_reading = false;
  daemon->looks_left = LOOKS_MAX;
  (void) pr_timer_remove(-1, &ftps_module);
  (void) pr_timer_add(CHECK_FILES_SECONDS, -1, &ftps_module, check_files,
      "changed certificate files");
}
