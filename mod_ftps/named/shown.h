/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * shown.h: the certificate of a name, as a connection uses it.
 *
 * The context of the virtual host stays; the certificates of the connection
 * alone are replaced.  Its session id context is made of the name, so that what
 * was agreed under one name is not resumed under another.  Data connections
 * have the certificate of their control connection.
 */
#ifndef FTPS_NAMED_SHOWN_H
#define FTPS_NAMED_SHOWN_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "named/folder.h"

#define FTPS_SHOWN_ID_SIZE 32

struct ftps_daemon;
struct ftps_keypair;
struct ftps_named;

/* All zero: the certificate of the virtual host.  Pairs are borrowed from the
 * entry, which lives as long as the process.
 */
struct ftps_shown {
  struct ftps_daemon *daemon;
  const struct ftps_named *entry;
  struct ftps_keypair *pairs[FTPS_FOLDER_LAYOUTS];
  unsigned char id[FTPS_SHOWN_ID_SIZE];
};

/* Takes the pairs of the entry that are made out to the host, one of each kind
 * of key.  Returns false if there is none.
 */
bool ftps_shown_choose(struct ftps_daemon *daemon,
    const struct ftps_named *entry, const char *host,
    struct ftps_shown *cert_out);

/* Puts certificates and public halves into a connection of this context whose
 * ClientHello is being read, or that has not begun.  Returns -1 if its security
 * level admits none of them; then nothing has changed.
 */
int ftps_shown_use(struct ftps_shown *cert, SSL *ssl, const char *host);
int ftps_shown_use_again(const struct ftps_shown *cert, SSL *ssl);

bool ftps_shown_is_set(const struct ftps_shown *cert);

/* See keypair.h: for all pairs. */
int ftps_shown_lend(const struct ftps_shown *cert, SSL *ssl);
void ftps_shown_take_back(const struct ftps_shown *cert, SSL *ssl);
bool ftps_shown_can_sign(const struct ftps_shown *cert);
void ftps_shown_mark(const struct ftps_shown *cert);

#endif /* FTPS_NAMED_SHOWN_H */
