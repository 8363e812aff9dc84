/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * fips.h: restricts OpenSSL to its FIPS provider, for this whole process.
 *
 * Used when the module is loaded, before any key or cipher is used, if the
 * daemon was started with "-DTLS_USE_FIPS".
 *
 * Source: doc/contract.md: FIPS; fips_module(7).
 */
#ifndef FTPS_VHOST_FIPS_H
#define FTPS_VHOST_FIPS_H

#include <stdbool.h>

#include "base/error.h"

/* Returns 0, also if it is enabled already, or -1 with `err` set if there is no
 * such provider.
 */
int ftps_fips_enable(struct ftps_error *err);

bool ftps_fips_is_enabled(void);

#endif /* FTPS_VHOST_FIPS_H */
