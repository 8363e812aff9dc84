/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * isolate.h: moves private keys to a process of their own, if that works.
 *
 * It works if a whole handshake with the key works: with this OpenSSL, this
 * kernel and the process that was just started.  Version numbers are not
 * compared.
 */
#ifndef FTPS_KEYS_SIGNER_ISOLATE_H
#define FTPS_KEYS_SIGNER_ISOLATE_H

#include <stddef.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "keys/signer/keeper.h"

struct ftps_daemon;

struct ftps_isolate_item {
  X509 *certificate; /* borrowed */
  struct ftps_keeper_key from;
  struct ftps_keeper *into; /* gets the key again; NULL: the current one */

  /* The result: a key for which the keeper signs, and a reference to the
   * keeper; or NULL, and the reason.
   */
  EVP_PKEY *key;
  struct ftps_keeper *keeper;
  struct ftps_error error;
};

/* In the daemon, as root, while it has the numbers. */
void ftps_isolate(struct ftps_daemon *daemon, struct ftps_isolate_item *items,
    size_t n);

/* In a session, for a key that the daemon has read or will read: it has `key`
 * and `keeper` set, or the reason.
 */
void ftps_isolate_late(struct ftps_daemon *daemon,
    struct ftps_isolate_item *item);

#endif /* FTPS_KEYS_SIGNER_ISOLATE_H */
