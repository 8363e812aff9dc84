/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * conn_index.h: where a connection's tag hangs at its SSL object.
 */
#ifndef FTPS_BASE_CONN_INDEX_H
#define FTPS_BASE_CONN_INDEX_H

#include <openssl/ssl.h>

struct ftps_conn_tag;

/* Takes an index from the library, once per process.  0 or -1. */
int ftps_conn_index_init(void);

int ftps_conn_index_set(SSL *ssl, struct ftps_conn_tag *tag);

/* NULL: not a connection of ours. */
struct ftps_conn_tag *ftps_conn_index_get(const SSL *ssl);

#endif /* FTPS_BASE_CONN_INDEX_H */
