/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * warmup.h: does in the daemon what the library does at its first handshakes.
 *
 * Used when the first contexts have been built.  The library looks up
 * algorithms, and allocates what they need, when a handshake needs them.  Each
 * session would do this again in its own memory.  The daemon makes a few
 * handshakes with itself, with a temporary key, so that all of it is in pages
 * that sessions share with the daemon.
 *
 * DIAGNOSTICS: none; if it fails, sessions do the work.
 */
#ifndef FTPS_VHOST_WARMUP_H
#define FTPS_VHOST_WARMUP_H

void ftps_warmup(void);

#endif /* FTPS_VHOST_WARMUP_H */
