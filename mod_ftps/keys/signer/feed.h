/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * feed.h: gives private keys to the processes that keep them.
 *
 * The daemon sends each key to the keeper as soon as it has been read, and the
 * keeper sends it on to the signer.  So keys that are renewed come to the
 * processes that sessions are connected to already.
 *
 * A message is a key and the places of its servers; if there are many places,
 * there are several messages.  The numbers go from page to page, and no process
 * has a copy of them elsewhere.
 */
#ifndef FTPS_KEYS_SIGNER_FEED_H
#define FTPS_KEYS_SIGNER_FEED_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

#include "base/settings.h"
#include "keys/signer/channel.h"

/* One key. `is_free`: data connections of a server with this key may make full
 * handshakes, as many as there are transfers.
 */
struct ftps_signer_key {
  unsigned char id[FTPS_CHANNEL_ID];
  unsigned char *numbers; /* keynumbers.h, or pkcs11.h; a page of its own */
  struct ftps_place *places;
  size_t place_count;
  bool is_free;
  EVP_PKEY *key; /* in the signer: made at the first request; owned */
};

struct ftps_signer_keys {
  struct ftps_signer_key *list;
  size_t count;
  unsigned char forgotten[FTPS_CHANNEL_ID]; /* the last one */
};

/* Adds those that the key does not have yet.  Returns 0, or -1 if there is no
 * memory; the caller frees `places` with OPENSSL_free().
 */
int ftps_feed_add_places(struct ftps_signer_key *key,
    const struct ftps_place *places, size_t n);

/* Sends a key with these numbers.  Returns 0, or -1 if nobody reads. */
int ftps_feed_send(int fd, const struct ftps_signer_key *key,
    const unsigned char *numbers);

/* Says that the keys so far are all that there were before, so that a signer
 * can start.
 */
int ftps_feed_send_start(int fd);

/* Says that nobody needs a key any more. */
int ftps_feed_send_forget(int fd, const unsigned char *id);

#define FTPS_FEED_START  2
#define FTPS_FEED_FORGET 3

/* Adds a key, or the places of one that is known. `index_out`: which one it
 * is.  Returns 1; 0 at the end; FTPS_FEED_START; FTPS_FEED_FORGET, when the key
 * in `forgotten` is gone; -1 if the message makes no sense, or if there is no
 * memory for it.
 */
int ftps_feed_receive(int fd, struct ftps_signer_keys *keys, size_t *index_out);

#endif /* FTPS_KEYS_SIGNER_FEED_H */
