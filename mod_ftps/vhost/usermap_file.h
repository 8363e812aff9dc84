/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * usermap_file.h: the file of TLSUserMapFile, as a part of a context.
 *
 * Read while a context is built, as root.  It lives as long as the context, and
 * a changed file means a new context. host/control/login.c uses it.
 *
 * DIAGNOSTICS: as ftps_context_build(): returns -1 and an error with directive,
 * path, fault and remedy.
 */
#ifndef FTPS_VHOST_USERMAP_FILE_H
#define FTPS_VHOST_USERMAP_FILE_H

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"
#include "base/usermap.h"

int ftps_usermap_file_load(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err);

/* Returns NULL if there is no TLSUserMapFile. */
const struct ftps_usermap *ftps_usermap_file_get0(const SSL_CTX *ctx);

#endif /* FTPS_VHOST_USERMAP_FILE_H */
