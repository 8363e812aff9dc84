/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * environ.h: what other modules may know of the control connection: session
 * notes and environment variables (doc/contract.md: Notes, variables, events).
 *
 * Called once, after the control handshake.
 */
#ifndef FTPS_HOST_CONTROL_ENVIRON_H
#define FTPS_HOST_CONTROL_ENVIRON_H

#include <openssl/ssl.h>

#include "conf.h"

/* Always: FTPS, TLS_PROTOCOL, TLS_CIPHER, TLS_SERVER_NAME ... as notes.
 * `server_name` is the SNI, or "".
 */
void ftps_environ_set_notes(SSL *ssl, const char *server_name);

/* TLSOptions StdEnvVars: pr_env_set() of FTPS, TLS_* and TLS_SERVER_*,
 * TLS_CLIENT_*; values live in `p`.
 */
void ftps_environ_set_variables(pool *p, SSL *ssl, const char *server_name);

/* TLSOptions StdEnvVars or ExportCertData: TLS_SERVER_CERT, TLS_CLIENT_CERT and
 * TLS_CLIENT_CERT_CHAIN1 ..., all PEM.
 */
void ftps_environ_set_certificates(pool *p, const SSL *ssl);

#endif /* FTPS_HOST_CONTROL_ENVIRON_H */
