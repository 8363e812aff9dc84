/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * wake.c: see wake.h.
 */
#include "base/wake.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/types.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/daemon.h"
#include "base/pages.h"

struct ftps_wake_call {
  pid_t daemon;
  _Atomic int *is_wanted; /* shared with all sessions */
};

void ftps_wake_start(struct ftps_daemon *daemon) {
  struct ftps_wake_call *call = daemon->wake;
  void *page;

  if (call == NULL) {
    page = ftps_pages_shared(sizeof(*call->is_wanted));
    call = page != NULL ? OPENSSL_zalloc(sizeof(*call)) : NULL;
    if (call == NULL) {
      return;
    }

    call->is_wanted = page;
    daemon->wake = call;
  }

  call->daemon = getpid();
}

enum ftps_wake ftps_wake_ask(const struct ftps_daemon *daemon) {
  const struct ftps_wake_call *call = daemon->wake;

  if (call == NULL || getppid() != call->daemon) {
    return FTPS_WAKE_NOBODY;
  }

  if (atomic_exchange(call->is_wanted, 1) != 0) {
    return FTPS_WAKE_AGAIN;
  }

  (void) kill(call->daemon, SIGCHLD);
  return FTPS_WAKE_FIRST;
}

bool ftps_wake_is_daemon(const struct ftps_daemon *daemon) {
  return daemon->wake != NULL && getpid() == daemon->wake->daemon;
}

bool ftps_wake_take(const struct ftps_daemon *daemon) {
  return daemon->wake != NULL &&
      atomic_exchange(daemon->wake->is_wanted, 0) != 0;
}
