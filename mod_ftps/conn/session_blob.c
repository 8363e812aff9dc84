/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * session_blob.c: see session_blob.h.
 *
 * The form is the library's own (ASN.1).  It is the same in all its versions
 * since 3.0.
 */
#include "conn/session_blob.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/err.h>

static bool is_resumable(const SSL_SESSION *session) {
  unsigned int id_len = 0;
  int version = SSL_SESSION_get_protocol_version(session);

  (void) SSL_SESSION_get_id(session, &id_len);
  return id_len > 0 && version >= TLS1_VERSION && version < TLS1_3_VERSION &&
      SSL_SESSION_is_resumable(session);
}

size_t ftps_session_blob_write(const SSL_SESSION *session,
    unsigned char blob_out[FTPS_SESSION_BLOB_MAX]) {
  unsigned char *at = blob_out;
  int len;

  if (!is_resumable(session)) {
    return 0;
  }

  len = i2d_SSL_SESSION(session, NULL);
  if (len <= 0 || (size_t) len > FTPS_SESSION_BLOB_MAX ||
      i2d_SSL_SESSION(session, &at) != len) {
    return 0;
  }

  return (size_t) len;
}

static bool has_id(const SSL_SESSION *session, const unsigned char *id,
    size_t id_len) {
  unsigned int own_len = 0;
  const unsigned char *own = SSL_SESSION_get_id(session, &own_len);

  return own_len == id_len && memcmp(own, id, id_len) == 0;
}

SSL_SESSION *ftps_session_blob_read(const unsigned char *blob, size_t len,
    const unsigned char *id, size_t id_len) {
  const unsigned char *at = blob;
  SSL_SESSION *session;

  if (len == 0 || len > FTPS_SESSION_BLOB_MAX) {
    return NULL;
  }

  session = d2i_SSL_SESSION(NULL, &at, (long) len);
  ERR_clear_error();
  if (session != NULL &&
      (at != blob + len || !is_resumable(session) ||
          !has_id(session, id, id_len))) {
    SSL_SESSION_free(session);
    session = NULL;
  }

  return session;
}
