/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * shared.h: servers that trust the same files share what was read from them.
 *
 * A store of certificates and revocation lists is kept, with the stamps that
 * its files had before they were read.  A context with the same files, whose
 * stamps are the same now, uses it instead of reading them again.  The store is
 * read-only.
 *
 * DIAGNOSTICS: none; if there is no memory, nothing is kept.
 */
#ifndef FTPS_TRUST_SHARED_H
#define FTPS_TRUST_SHARED_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "base/settings.h"
#include "base/stamp.h"

struct ftps_daemon;

/* Before anything is read: adds the stamps of the files that say whom to trust.
 */
void ftps_trust_look(const struct ftps_settings *settings,
    struct ftps_stamps *stamps);

/* Returns true if the context now has everything that its settings need. */
bool ftps_trust_take(SSL_CTX *ctx, const struct ftps_settings *settings,
    const struct ftps_stamps *stamps);

/* Keeps what the context has read. */
void ftps_trust_keep(const SSL_CTX *ctx, const struct ftps_settings *settings,
    const struct ftps_stamps *stamps);

/* Contexts keep what they have. */
void ftps_trust_forget(struct ftps_daemon *daemon);

#endif /* FTPS_TRUST_SHARED_H */
