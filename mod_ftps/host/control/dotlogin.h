/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * dotlogin.h: certificates that a user has put into ~/.tlslogin.
 *
 * Called by host/control/login.c before a login, while the process still
 * has root and no chroot.
 *
 * The file is opened with the rights of the user alone, and not through a
 * symbolic link.  It counts when it is a regular file of the user's or of
 * root's, nobody else may write to it, and it is not larger than 64 KiB.
 *
 * DIAGNOSTICS: a file that is there and does not count: 0, and a text in `err`.
 *
 * Source: contract sections 2 and 8 (issue 3).
 */
#ifndef FTPS_HOST_CONTROL_DOTLOGIN_H
#define FTPS_HOST_CONTROL_DOTLOGIN_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "base/error.h"

#include "conf.h"

/* Is this certificate, byte by byte, one of those in the file? */
bool ftps_dotlogin_has(const struct passwd *account, const X509 *cert,
    struct ftps_error *err);

#endif /* FTPS_HOST_CONTROL_DOTLOGIN_H */
