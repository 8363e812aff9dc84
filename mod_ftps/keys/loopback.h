/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * loopback.h: a handshake between two connections of this process, in memory.
 */
#ifndef FTPS_KEYS_LOOPBACK_H
#define FTPS_KEYS_LOOPBACK_H

#include <stdbool.h>

#include <openssl/ssl.h>

/* Returns false if the handshake fails.  Both connections stay the caller's. */
bool ftps_loopback_connect(SSL *server, SSL *client);

#endif /* FTPS_KEYS_LOOPBACK_H */
