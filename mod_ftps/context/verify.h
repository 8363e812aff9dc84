/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * verify.h: which client certificates a context trusts.
 *
 * Layer: context.  Called by context.c while a context is built; needs root,
 * which the caller has raised.
 */
#ifndef FTPS_CONTEXT_VERIFY_H
#define FTPS_CONTEXT_VERIFY_H

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

/* Loads the configured CA certificates, or the library's default ones where
 * clients are verified and none are configured.
 */
int ftps_verify_load_trust(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err);

/* Whether a client certificate is asked for, and how deep it may stand. */
void ftps_verify_set_mode(SSL_CTX *ctx, const struct ftps_settings *settings);

#endif /* FTPS_CONTEXT_VERIFY_H */
