/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * as_client.h: data connections on which this server is the TLS client (SSCN).
 *
 * What keeps strangers out.  On data connections where this server is the TLS
 * server, the peer resumes the session of the control connection.  Another FTP
 * server cannot do that, so where this one is the TLS client the other one's
 * certificate stands in its place.
 *
 * Where this server connects (PORT, EPRT), the FTP client has said to whom: the
 * certificate must lead to a trusted CA and be made out to the address of the
 * data connection, or to the name that reverse DNS has for it and that has that
 * address in turn (TLSVerifyServer).
 *
 * Where this server listens (PASV, EPSV), nobody has said who will connect.
 * Anybody with a certificate for his own address could be quicker than the
 * server that is meant, and read or forge the file.  So the certificate must be
 * one that the administrator listed (TLSTransferServers), and without such a
 * list there is no TLS client on a passive connection.
 *
 * Client mode uses no certificate of ours, so no private key is needed for it.
 * Listings are always in server mode: they go to the FTP client.
 */
#ifndef FTPS_HOST_DATA_AS_CLIENT_H
#define FTPS_HOST_DATA_AS_CLIENT_H

#include <stdbool.h>

#include "base/conn_tag.h"

struct ftps_error;
struct ftps_session;

/* Are we the TLS client of the data connection of the current command? */
bool ftps_data_is_client(const struct ftps_session *sess);

/* May the session listen for a data connection, with the role that SSCN has
 * given it?  0, or -1 with `err`.
 */
int ftps_data_check_listening(const struct ftps_session *sess,
    struct ftps_error *err);

/* The same for session.d, which may be one that the session has made itself. */
int ftps_data_check_peer(const struct ftps_session *sess,
    struct ftps_error *err);

/* Who the other end of session.d is. */
void ftps_data_describe_peer(const struct ftps_session *sess,
    struct ftps_conn_peer *peer_out);

#endif /* FTPS_HOST_DATA_AS_CLIENT_H */
