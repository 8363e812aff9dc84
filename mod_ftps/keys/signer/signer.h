/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * signer.h: the process that signs.
 *
 * It has the private keys and no privileges.  It reads permits and channels
 * from the hello end, and requests from the channels (channel.h).  Before it
 * signs it checks the text, the servers of the permit, and how many requests
 * the process has made.  It never waits: a process that does not read the reply
 * loses the channel.
 *
 * It ends when nobody has the other end of the hello end, or a channel.
 */
#ifndef FTPS_KEYS_SIGNER_SIGNER_H
#define FTPS_KEYS_SIGNER_SIGNER_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

#include "base/settings.h"
#include "keys/signer/channel.h"

struct ftps_daemon;

/* One key. `is_free`: data connections of a server with this key may make full
 * handshakes, as many as there are transfers.
 */
struct ftps_signer_key {
  unsigned char id[FTPS_CHANNEL_ID];
  const unsigned char *numbers; /* keynumbers.h */
  const struct ftps_place *const *places;
  size_t place_count;
  bool is_free;
  EVP_PKEY *key; /* made at the first request; owned */
};

struct ftps_signer_props {
  const struct ftps_daemon *daemon;
  struct ftps_signer_key *keys;
  size_t count;
  int hello; /* the end to read */
};

/* Returns when the work is over: 0, or -1 if there are not enough resources. */
int ftps_signer_run(const struct ftps_signer_props *props);

#endif /* FTPS_KEYS_SIGNER_SIGNER_H */
