/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * loopback.c: see loopback.h.
 */
#include "keys/loopback.h"

#include <openssl/bio.h>

/* More than any handshake needs. */
#define STEPS_MAX 20
bool ftps_loopback_connect(SSL *server, SSL *client) {
  BIO *a, *b;

  if (BIO_new_bio_pair(&a, 0, &b, 0) != 1) {
    return false;
  }

  SSL_set_bio(server, a, a);
  SSL_set_bio(client, b, b);
  for (int i = 0; i < STEPS_MAX; i++) {
    int is_client_done = SSL_connect(client);

    if (SSL_accept(server) == 1 && is_client_done == 1) {
      return true;
    }
  }

  return false;
}
