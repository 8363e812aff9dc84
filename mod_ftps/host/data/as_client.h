/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * as_client.h: data connections on which this server is the TLS client (SSCN).
 *
 * What keeps strangers out.  On data connections where this server is the TLS
 * server, the peer resumes the session of the control connection.  Another FTP
 * server cannot do that, so where this one is the TLS client the other one's
 * certificate stands in its place: it must lead to a trusted CA and be made out
 * to the address of the data connection, or to the name that reverse DNS has
 * for it and that has that address in turn (TLSVerifyServer).  That says who
 * the other end is, not that the FTP client meant it: with the CAs of the
 * public, any server with a certificate of its own will do.  Operators name
 * the CA of the servers that they mean.
 *
 * Client mode uses no certificate of ours, so no private key is needed for it.
 * Listings are always in server mode: they go to the FTP client.
 */
#ifndef FTPS_HOST_DATA_AS_CLIENT_H
#define FTPS_HOST_DATA_AS_CLIENT_H

#include <stdbool.h>

#include "base/conn_tag.h"

struct ftps_session;

/* Are we the TLS client of the data connection of the current command? */
bool ftps_data_is_client(const struct ftps_session *sess);

/* Who the other end of session.d is. */
void ftps_data_describe_peer(const struct ftps_session *sess,
    struct ftps_conn_peer *peer_out);

#endif /* FTPS_HOST_DATA_AS_CLIENT_H */
