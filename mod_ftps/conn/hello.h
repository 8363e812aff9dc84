/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * hello.h: examines the first bytes of a peer.
 *
 * Pure.  Anybody may have sent the bytes.
 *
 * Source: RFC 6066 section 3 (server_name), RFC 8446 section 5.1 (records).
 */
#ifndef FTPS_CONN_HELLO_H
#define FTPS_CONN_HELLO_H

#include <stdbool.h>
#include <stddef.h>

#define FTPS_HOST_NAME_MAX 253

enum ftps_hello_name {
  FTPS_HELLO_NO_NAME,  /* none was sent, or an address: ignore it */
  FTPS_HELLO_NAME,     /* a host name, copied to the caller's buffer */
  FTPS_HELLO_ODD_NAME, /* well-formed, but no host can have such a name */
  FTPS_HELLO_BAD_NAME  /* malformed: the handshake must end */
};

/* The name begins here in a well-formed extension. */
#define FTPS_HELLO_NAME_AT 5

/* Reads the host name from the body of a server_name extension. `name` has room
 * for FTPS_HOST_NAME_MAX + 1 bytes and is set in lower case.  Only letters,
 * digits, '-', '_' and '.' are accepted: the name is used in logs, notes and
 * SQL.
 */
enum ftps_hello_name ftps_hello_server_name(const unsigned char *ext,
    size_t len, char *name);

/* The first identity in the body of a pre_shared_key extension of a
 * ClientHello, if it has `len_min` bytes; otherwise NULL.
 */
const unsigned char *ftps_hello_get0_identity(const unsigned char *ext,
    size_t len, size_t len_min);

/* Writes any bytes as a text for logs: printable ASCII, and \xNN for all else,
 * cut to `size` with its NUL.
 */
void ftps_hello_escape(const unsigned char *bytes, size_t len, char *text,
    size_t size);

/* False for bytes that can start neither a TLS record nor an SSLv2-framed
 * ClientHello, for example a line of text.
 */
bool ftps_hello_is_tls(const unsigned char *bytes, size_t len);

#endif /* FTPS_CONN_HELLO_H */
