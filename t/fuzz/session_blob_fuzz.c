/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * session_blob_fuzz.c: sessions out of a cache (conn/session_blob.c).  The
 * first byte is the length of the id, which follows; then the blob.  What is
 * read can be written again.
 */
#include "conn/session_blob.h"

#include "t/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static unsigned char again[FTPS_SESSION_BLOB_MAX];
  size_t id_len = size > 0 ? data[0] % 40U : 0;
  SSL_SESSION *session;

  if (size < 1 + id_len) {
    return 0;
  }

  session = ftps_session_blob_read(data + 1 + id_len, size - 1 - id_len,
      data + 1, id_len);
  if (session != NULL) {
    (void) ftps_session_blob_write(session, again);
    SSL_SESSION_free(session);
  }

  return 0;
}
