/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * session_blob.h: a TLS session as bytes, and back.
 *
 * Sessions are those that clients name by an id: TLS 1.2 and older.  The bytes
 * contain the master secret and the client's certificate.
 *
 * The reader trusts nothing: it returns NULL for bytes that are not a session,
 * have more bytes after it, or have another id or version.
 */
#ifndef FTPS_CONN_SESSION_BLOB_H
#define FTPS_CONN_SESSION_BLOB_H

#include <stddef.h>

#include <openssl/ssl.h>

#define FTPS_SESSION_BLOB_MAX 12288U

/* Returns how many bytes were written, or 0 if the session cannot be resumed by
 * an id, or is larger than FTPS_SESSION_BLOB_MAX.
 */
size_t ftps_session_blob_write(const SSL_SESSION *session,
    unsigned char blob_out[FTPS_SESSION_BLOB_MAX]);

SSL_SESSION *ftps_session_blob_read(const unsigned char *blob, size_t len,
    const unsigned char *id, size_t id_len);

#endif /* FTPS_CONN_SESSION_BLOB_H */
