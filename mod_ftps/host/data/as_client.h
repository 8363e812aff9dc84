/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * as_client.h: data connections on which this server is the TLS client (SSCN).
 *
 * How strangers are kept out.  On data connections on which this server is the
 * TLS server, the peer resumes the session of the control connection.  Another
 * FTP server cannot do that.  So if this server is the TLS client, the
 * certificate of the other server replaces this.
 *
 * If this server connects (PORT, EPRT), the FTP client has named the other one:
 * its certificate must come from a trusted CA and have the address of the data
 * connection, or a name that reverse DNS has for it and that resolves to this
 * address (TLSVerifyServer).
 *
 * If this server listens (PASV, EPSV), nobody has named the other one.  Anybody
 * with a certificate for his own address could connect first, and read or forge
 * the file.  So the certificate must match the list of the administrator
 * (TLSTransferServers).  Without such a list there is no TLS client on a
 * passive connection.
 *
 * In client mode we send no certificate, so no private key is needed.  Listings
 * are always in server mode: they go to the FTP client.
 */
#ifndef FTPS_HOST_DATA_AS_CLIENT_H
#define FTPS_HOST_DATA_AS_CLIENT_H

#include <stdbool.h>

#include "base/conn_tag.h"

struct ftps_error;
struct ftps_session;

/* True if we are the TLS client of the data connection of the current command.
 */
bool ftps_data_is_client(const struct ftps_session *sess);

/* Checks whether the session may listen for a data connection, in its role of
 * SSCN.  Returns 0, or -1 with `err` set.
 */
int ftps_data_check_listening(const struct ftps_session *sess,
    struct ftps_error *err);

/* The same for session.d, which may be one that the session has made itself. */
int ftps_data_check_peer(const struct ftps_session *sess,
    struct ftps_error *err);

/* Sets who the other end of session.d is. */
void ftps_data_describe_peer(const struct ftps_session *sess,
    struct ftps_conn_peer *peer_out);

#endif /* FTPS_HOST_DATA_AS_CLIENT_H */
