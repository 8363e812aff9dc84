/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * signer.h: the process that signs.
 *
 * It has the private keys and no privileges.  It reads permits and channels
 * from the hello end, and requests from the channels (channel.h).  Before it
 * signs it looks at the text, at the servers of the permit, and at how often
 * the asking process has asked.  It never waits for anybody: who does not read
 * the reply loses the channel.
 *
 * It ends when nobody has the other end of the hello end, nor a channel.
 */
#ifndef FTPS_KEYS_SIGNER_SIGNER_H
#define FTPS_KEYS_SIGNER_SIGNER_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

#include "base/settings.h"
#include "keys/signer/channel.h"

struct ftps_daemon;

/* One key.  `is_free`: data connections of a server with this key may do full
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

/* Returns when the work is over: 0, or -1 for want of resources. */
int ftps_signer_run(const struct ftps_signer_props *props);

#endif /* FTPS_KEYS_SIGNER_SIGNER_H */
