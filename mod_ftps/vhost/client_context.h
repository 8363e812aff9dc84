/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * client_context.h: contexts for transfers in which this server is the TLS
 * client.
 *
 * Nearly all servers of a daemon need the same context.  The daemon keeps the
 * one that was built last, and servers that follow each other and need the same
 * one share it.
 */
#ifndef FTPS_VHOST_CLIENT_CONTEXT_H
#define FTPS_VHOST_CLIENT_CONTEXT_H

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

struct ftps_daemon;

/* Returns one reference, or NULL with `err` set. `server` is the context that
 * was built from the same settings.
 */
SSL_CTX *ftps_client_context_get1(const struct ftps_settings *settings,
    SSL_CTX *server, struct ftps_error *err);

/* The next one is built again. */
void ftps_client_context_forget(struct ftps_daemon *daemon);

#endif /* FTPS_VHOST_CLIENT_CONTEXT_H */
