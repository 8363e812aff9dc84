/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * conn_index.c: see conn_index.h.
 *
 * The index is static and survives SIGHUP with the code (nodelete).
 */
#include "base/conn_index.h"

#include "base/conn_tag.h"

static int tag_index = -1;

int ftps_conn_index_init(void) {
  if (tag_index < 0) {
    tag_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
  }

  return tag_index < 0 ? -1 : 0;
}

int ftps_conn_index_set(SSL *ssl, struct ftps_conn_tag *tag) {
  return SSL_set_ex_data(ssl, tag_index, tag) == 1 ? 0 : -1;
}

struct ftps_conn_tag *ftps_conn_index_get(const SSL *ssl) {
  return SSL_get_ex_data(ssl, tag_index);
}
