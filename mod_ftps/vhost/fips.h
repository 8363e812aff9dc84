/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * fips.h: OpenSSL restricted to its FIPS provider, for all of this process.
 *
 * Called when the module is loaded, before any key or cipher
 * is used, if the daemon was started with "-DTLS_USE_FIPS".
 *
 * Source: contract section 9; fips_module(7).
 */
#ifndef FTPS_VHOST_FIPS_H
#define FTPS_VHOST_FIPS_H

#include <stdbool.h>

#include "base/error.h"

/* 0, also when it is so already; -1 and `err`: there is no such provider. */
int ftps_fips_enable(struct ftps_error *err);

bool ftps_fips_is_enabled(void);

#endif /* FTPS_VHOST_FIPS_H */
