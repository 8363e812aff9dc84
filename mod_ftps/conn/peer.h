/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * peer.h: who is at the other end of a control connection.
 *
 * Called by host/session.c after the handshake, and by
 * host/control/login.c at every USER and PASS.
 *
 * Names are compared without regard to ASCII case and by their whole length; a
 * wildcard in a client certificate is no name.
 *
 * DIAGNOSTICS: -1 and an error whose text says what the certificate lacks.
 *
 * Source: contract section 2 (issue 3).
 */
#ifndef FTPS_CONN_PEER_H
#define FTPS_CONN_PEER_H

#include <stddef.h>

#include <openssl/x509.h>

#include "base/error.h"

struct ftps_conn;

/* What the host knows of the client by itself. */
struct ftps_peer_place {
  const char *name; /* by reverse DNS; NULL: names are not looked up */
  const unsigned char *address; /* 4 or 16 bytes, network order */
  size_t address_len;
};

/* The client's certificate, borrowed: verified in this handshake or, when a
 * session was resumed, in the one before, and in its time now.  NULL: none.
 */
X509 *ftps_peer_get0_verified(const struct ftps_conn *conn);

/* FTPS_OPT_DNS_NAME_REQUIRED, FTPS_OPT_IP_ADDRESS_REQUIRED and
 * FTPS_OPT_COMMON_NAME_REQUIRED of `options`; those about names refuse
 * everybody where there is no name.
 */
int ftps_peer_check(X509 *cert, unsigned long options,
    const struct ftps_peer_place *place, struct ftps_error *err);

#endif /* FTPS_CONN_PEER_H */
