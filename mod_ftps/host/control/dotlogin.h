/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * dotlogin.h: certificates that a user has put into ~/.tlslogin.
 *
 * Used before a login, while the process still has root and no chroot.
 *
 * The file is opened with the rights of the user only, and not through a
 * symbolic link.  It counts if it is a regular file that belongs to the user or
 * to root, nobody else may write to it, and it is not larger than 64 KiB.
 *
 * DIAGNOSTICS: for a file that exists and does not count: false, and a text in
 * `err`.
 *
 * Source: doc/contract.md: AllowDotLogin.
 */
#ifndef FTPS_HOST_CONTROL_DOTLOGIN_H
#define FTPS_HOST_CONTROL_DOTLOGIN_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "base/error.h"

#include "conf.h"

/* True if this certificate is equal, byte by byte, to one in the file. */
bool ftps_dotlogin_has(const struct passwd *account, const X509 *cert,
    struct ftps_error *err);

#endif /* FTPS_HOST_CONTROL_DOTLOGIN_H */
