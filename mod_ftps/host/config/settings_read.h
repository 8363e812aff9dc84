/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * settings_read.h: reads struct ftps_settings from the configuration tree.
 *
 * Only this file looks up values of a whole server.
 */
#ifndef FTPS_HOST_CONFIG_SETTINGS_READ_H
#define FTPS_HOST_CONFIG_SETTINGS_READ_H

#include <stdbool.h>

#include "base/settings.h"
#include "cache/cache.h"

#include "conf.h"

/* All values of `s`, with defaults, all strings copied to `p`. */
struct ftps_settings *ftps_settings_read(pool *p, server_rec *s);

/* TLSOptions as they are now: another module may have added some for the user
 * of this session. `settings` are otherwise those of the server.
 */
unsigned long ftps_settings_read_options(const server_rec *s,
    const struct ftps_settings *settings);

/* The caches of the configuration, FTPS_CACHE_NAMES.  Strings are borrowed
 * from it.
 */
void ftps_settings_read_caches(struct ftps_cache_choice *choices);

/* Identifies the TLS records of a server or section.  Records that a module
 * adds, removes or replaces when a session starts change it.  Their order does
 * not.  Returns 0 if there are none.
 */
uint64_t ftps_settings_fingerprint(const xaset_t *set);

/* True if TLSEngine is on. */
bool ftps_settings_has_engine(const server_rec *s);

/* True if Protocols allows this one. */
bool ftps_settings_has_protocol(const server_rec *s, const char *name);

/* TCPNoDelay off, in the form that it has before ProFTPD 1.3.10. */
bool ftps_settings_delay(const server_rec *s);

/* True if this is one of the server's own names: its ServerName, or a
 * ServerAlias.  ProFTPD binds the aliases of virtual hosts only, not of the
 * main server.
 */
bool ftps_settings_has_name(const server_rec *s, const char *name);

/* The place with this address and the server's port; NULL means any address. */
void ftps_settings_read_place(const server_rec *s, const pr_netaddr_t *address,
    struct ftps_place *place_out);

/* The path of SystemLog, or NULL if there is none. */
const char *ftps_settings_system_log(void);

/* True if TLSRequired requires TLS and the server has none. */
bool ftps_settings_are_open(server_rec *s);

/* Makes TLSRequired of a server as strict as it was under these settings. */
void ftps_settings_require_too(server_rec *s, const struct ftps_settings *old);

#endif /* FTPS_HOST_CONFIG_SETTINGS_READ_H */
