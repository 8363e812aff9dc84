/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * hidden.h: TLS directives that the real mod_tls must not see.
 *
 * A mod_tls that was removed from the daemon (load.h) still listens to
 * core.postparse, and would read keys and open caches of its own.  ProFTPD
 * calls the latest listener first, so ours hides the records, and another one,
 * which ProFTPD calls last, shows them again.
 */
#ifndef FTPS_HOST_CONFIG_HIDDEN_H
#define FTPS_HOST_CONFIG_HIDDEN_H

struct ftps_daemon;

/* For all servers.  find_config() does not find a hidden record. */
void ftps_hidden_hide(struct ftps_daemon *daemon);

/* Harmless when nothing is hidden. */
void ftps_hidden_show(struct ftps_daemon *daemon);

#endif /* FTPS_HOST_CONFIG_HIDDEN_H */
