/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keeping.h: the process that keeps the private keys.
 *
 * It gets them from the daemon (feed.h), gives them to the signer, which it
 * starts, and starts another signer with all of them if that does not end by
 * itself.  It reads nothing else.
 */
#ifndef FTPS_KEYS_SIGNER_KEEPING_H
#define FTPS_KEYS_SIGNER_KEEPING_H

#include <stdbool.h>
#include <stdint.h>

struct ftps_daemon;

struct ftps_keeping {
  struct ftps_daemon *daemon;
  int hello; /* the end that the signer reads */
  int feed;  /* the end that the keeper reads */
  int life;  /* is open as long as the keeper lives */

  /* Keys on tokens need files and devices, which root alone may use. */
  bool has_tokens;

  /* Sessions wait at the hello end until the daemon says that all keys are here
   * again.
   */
  bool is_waiting;
  uint32_t number; /* how many keepers there were before, for this hello */
};

/* In a fork of the daemon, as root; does not return. */
void ftps_keeping_run(const struct ftps_keeping *props);

#endif /* FTPS_KEYS_SIGNER_KEEPING_H */
