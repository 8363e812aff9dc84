/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * diag.h: what TLSOptions EnableDiags logs in TLSLog.
 *
 * It logs states, alerts and the names of protocol messages with their lengths.
 * It logs no contents, because tickets and session ids are among them.
 */
#ifndef FTPS_VHOST_DIAG_H
#define FTPS_VHOST_DIAG_H

#include <stdbool.h>

#include <openssl/ssl.h>

/* From now on connections of this context are logged, or not.  That a client
 * has tried to renegotiate is logged in each case.
 */
void ftps_diag_trace(SSL_CTX *ctx, bool is_on);

/* From now on an existing connection is logged, or not. */
void ftps_diag_trace_one(SSL *ssl, bool is_on);

#endif /* FTPS_VHOST_DIAG_H */
