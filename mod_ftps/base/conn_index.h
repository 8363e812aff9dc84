/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * conn_index.h: finds the tag of a connection by its SSL object.
 */
#ifndef FTPS_BASE_CONN_INDEX_H
#define FTPS_BASE_CONN_INDEX_H

#include <openssl/ssl.h>

struct ftps_conn_tag;

/* Takes an index from the library, once per process.  Returns 0 or -1. */
int ftps_conn_index_init(void);

int ftps_conn_index_set(SSL *ssl, struct ftps_conn_tag *tag);

/* Returns NULL if it is not a connection of ours. */
struct ftps_conn_tag *ftps_conn_index_get(const SSL *ssl);

#endif /* FTPS_BASE_CONN_INDEX_H */
