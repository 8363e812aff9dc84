/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_ftps.h: what ProFTPD's configure reads when this tree is its folder
 * contrib/mod_ftps; no source includes it.
 *
 * -----DO NOT EDIT BELOW THIS LINE-----
 * $Archive: mod_ftps.a$
 * $Libraries: -lssl -lcrypto$
 */
