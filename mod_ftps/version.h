/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * version.h: the version, as all three modules give it to ProFTPD.
 */
#ifndef FTPS_VERSION_H
#define FTPS_VERSION_H

#define FTPS_VERSION "mod_ftps/1.0.0"

#endif /* FTPS_VERSION_H */
