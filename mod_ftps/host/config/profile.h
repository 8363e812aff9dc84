/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * profile.h: what the one word of TLSProfile stands for.
 *
 * Source: the guideline "Server Side TLS" of Mozilla, with the clients of FTP
 * in mind; doc/mod_ftps.html says what each stands for.
 */
#ifndef FTPS_HOST_CONFIG_PROFILE_H
#define FTPS_HOST_CONFIG_PROFILE_H

#include "base/settings.h"

/* Fills in what no directive of the server has set. */
void ftps_profile_apply(struct ftps_settings *settings);

#endif /* FTPS_HOST_CONFIG_PROFILE_H */
