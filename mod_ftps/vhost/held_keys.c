/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * held_keys.c: see held_keys.h.
 */
#include "vhost/held_keys.h"

#include "base/daemon.h"
#include "cache/sealkey.h"
#include "keys/keyarea.h"
#include "keys/passphrase.h"
#include "keys/reachable.h"
#include "keys/signer/keeper.h"
#include "tickets/tickets.h"
#include "vhost/vhosts.h"

/* This process is not the daemon any more, and drops its secrets. */
static void leave_daemon(struct ftps_daemon *daemon) {
  ftps_passphrase_forget(daemon->passphrases);
  ftps_keepers_leave(daemon);
  daemon->is_session = true;
}

void ftps_held_keys_drop_unreachable(struct ftps_daemon *daemon,
    const struct ftps_place *places, size_t n) {
  bool is_reachable = false;

  leave_daemon(daemon);

  /* Otherwise all of them stay until the handshake is over. */
  if (ftps_reachable_is_whole(daemon)) {
    for (size_t i = 0; i < n; i++) {
      is_reachable |= ftps_reachable_mark(daemon, &places[i]);
    }
    if (is_reachable) {
      ftps_sealkey_each_own_slot(daemon, ftps_keyarea_mark);
      ftps_sealkey_each_random_slot(daemon, ftps_keyarea_mark);
    }
    ftps_keyarea_drop_unmarked(daemon);
  }
  ftps_reachable_forget(daemon);
}

void ftps_held_keys_drop(struct ftps_daemon *daemon,
    const struct ftps_vhost *needed) {
  leave_daemon(daemon);
  if (needed != NULL) {
    ftps_vhost_each_slot(needed, ftps_keyarea_mark);
    ftps_sealkey_each_own_slot(daemon, ftps_keyarea_mark);
  }

  ftps_keyarea_drop_unmarked(daemon);
}

void ftps_held_keys_lock(struct ftps_daemon *daemon) {
  for (const struct ftps_vhost *v = ftps_vhosts_get0_first(daemon); v != NULL;
       v = v->next) {
    ftps_vhost_each_slot(v, ftps_keyarea_lock);
  }
  ftps_sealkey_each_own_slot(daemon, ftps_keyarea_lock);
  ftps_sealkey_each_random_slot(daemon, ftps_keyarea_lock);
  ftps_passphrase_lock(daemon->passphrases);
  ftps_tickets_lock(daemon->tickets);
}
