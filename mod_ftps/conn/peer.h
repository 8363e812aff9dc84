/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * peer.h: checks the client at the other end of a control connection.
 *
 * Used after the handshake, and at every USER and PASS.
 *
 * Names are compared without regard to ASCII case and with their whole length;
 * a wildcard in a client certificate is not a name.
 *
 * DIAGNOSTICS: -1 and an error whose text says what the certificate lacks.
 *
 * Source: doc/contract.md: dNSNameRequired.
 */
#ifndef FTPS_CONN_PEER_H
#define FTPS_CONN_PEER_H

#include <stddef.h>

#include <openssl/x509.h>

#include "base/error.h"

struct ftps_conn;

/* What ProFTPD knows of the client. */
struct ftps_peer_place {
  const char *name; /* from reverse DNS; NULL: names are not looked up */
  const unsigned char *address; /* 4 or 16 bytes, network order */
  size_t address_len;
};

/* The client's certificate, borrowed.  It was verified in this handshake or, if
 * a session was resumed, in an earlier one, and has not expired.  Returns NULL
 * if there is none.
 */
X509 *ftps_peer_get0_verified(const struct ftps_conn *conn);

/* Checks FTPS_OPT_DNS_NAME_REQUIRED, FTPS_OPT_IP_ADDRESS_REQUIRED and
 * FTPS_OPT_COMMON_NAME_REQUIRED of `options`.  The two about names refuse every
 * client if there is no name.
 */
int ftps_peer_check(X509 *cert, unsigned long options,
    const struct ftps_peer_place *place, struct ftps_error *err);

#endif /* FTPS_CONN_PEER_H */
