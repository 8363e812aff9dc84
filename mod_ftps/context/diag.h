/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * diag.h: what TLSOptions EnableDiags writes to TLSLog.
 *
 * Layer: context; called by context.c.  States, alerts and the names of
 * protocol messages with their lengths; no contents, since tickets and session
 * ids are among them.
 */
#ifndef FTPS_CONTEXT_DIAG_H
#define FTPS_CONTEXT_DIAG_H

#include <openssl/ssl.h>

/* From now on connections of this context are traced. */
void ftps_diag_trace(SSL_CTX *ctx);

#endif /* FTPS_CONTEXT_DIAG_H */
