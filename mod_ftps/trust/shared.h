/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * shared.h: servers that trust the same files share what was read from them.
 *
 * Called by verify_client.c and vhost.c.  A store of certificates and
 * revocation lists is kept, with how its files looked before they were read; a
 * context with the same files, which look the same now, takes it instead of
 * reading them again.  What is kept is read-only.
 *
 * DIAGNOSTICS: none; without memory nothing is kept.
 */
#ifndef FTPS_TRUST_SHARED_H
#define FTPS_TRUST_SHARED_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "base/settings.h"
#include "base/stamp.h"

struct ftps_daemon;

/* Before anything is read: adds the files that say whom to trust. */
void ftps_trust_look(const struct ftps_settings *settings,
    struct ftps_stamps *stamps);

/* True: the context has all that its settings ask for. */
bool ftps_trust_take(SSL_CTX *ctx, const struct ftps_settings *settings,
    const struct ftps_stamps *stamps);

/* The context has read it. */
void ftps_trust_keep(const SSL_CTX *ctx, const struct ftps_settings *settings,
    const struct ftps_stamps *stamps);

/* Contexts go on with what they have. */
void ftps_trust_forget(struct ftps_daemon *daemon);

#endif /* FTPS_TRUST_SHARED_H */
