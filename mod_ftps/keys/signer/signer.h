/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * signer.h: the process that signs.
 *
 * It has the private keys and no privileges.  It reads permits and channels
 * from the hello end, and requests from the channels (channel.h).  Before it
 * signs it checks the text, the servers of the permit, and how many requests
 * the process has made.  It never waits: a process that does not read the reply
 * loses the channel, and a signal of a timer (SIGALRM, 10 ms) ends the wait of
 * the kernel when a descriptor is closed that a session has sent.
 *
 * It ends when nobody has the other end of the hello end, or when a session has
 * shut that down for all; or, if its keeper has ended, when the daemon has
 * started another one.
 */
#ifndef FTPS_KEYS_SIGNER_SIGNER_H
#define FTPS_KEYS_SIGNER_SIGNER_H

#include <stddef.h>
#include <stdint.h>

#include "keys/signer/feed.h"

struct ftps_daemon;

struct ftps_signer_props {
  const struct ftps_daemon *daemon;
  struct ftps_signer_keys *keys;
  int hello;       /* the end to read */
  int link;        /* where more keys come from (feed.h); -1: nowhere */
  uint32_t number; /* of its keeper */

  /* So many at a time; the one that was used longest ago is closed for another
   * one, and its process opens a new one when it needs it.
   */
  size_t channels_max;
};

/* Returns when the work is over: 0, or -1 if there are not enough resources. */
int ftps_signer_run(const struct ftps_signer_props *props);

#endif /* FTPS_KEYS_SIGNER_SIGNER_H */
