/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * settings_read.h: configuration tree -> struct ftps_settings.
 *
 * The only place that looks up values of a whole server.
 */
#ifndef FTPS_HOST_CONFIG_SETTINGS_READ_H
#define FTPS_HOST_CONFIG_SETTINGS_READ_H

#include <stdbool.h>

#include "base/settings.h"
#include "cache/cache.h"

#include "conf.h"

/* All values of `s`, defaults filled in, all strings copied to `p`. */
struct ftps_settings *ftps_settings_read(pool *p, server_rec *s);

/* TLSOptions as they are now: another module may have added some for the user
 * of this session.  `settings` are those of the server otherwise.
 */
unsigned long ftps_settings_read_options(const server_rec *s,
    const struct ftps_settings *settings);

/* The caches of the configuration, FTPS_CACHE_NAMES.  Strings are borrowed
 * from it.
 */
void ftps_settings_read_caches(struct ftps_cache_choice *choices);

/* Identifies the TLS records of a server or section.  Records that a module
 * adds, takes away or replaces when a session starts change it.  Their order
 * does not.  0: there are none.
 */
uint64_t ftps_settings_fingerprint(const xaset_t *set);

/* Is TLSEngine on? */
bool ftps_settings_has_engine(const server_rec *s);

/* Does Protocols let this one in? */
bool ftps_settings_has_protocol(const server_rec *s, const char *name);

/* Is this one of the server's own names: its ServerName, or a ServerAlias?  The
 * core binds the aliases of virtual hosts only, not of the main server.
 */
bool ftps_settings_has_name(const server_rec *s, const char *name);

/* The place with this address and the server's port; NULL is any address. */
void ftps_settings_read_place(const server_rec *s, const pr_netaddr_t *address,
    struct ftps_place *place_out);

/* The path of SystemLog, or NULL when there is none. */
const char *ftps_settings_system_log(void);

/* Does TLSRequired ask for TLS that the server has not got? */
bool ftps_settings_are_open(server_rec *s);

/* Makes TLSRequired of a server as strict as it was under these settings. */
void ftps_settings_require_too(server_rec *s, const struct ftps_settings *old);

#endif /* FTPS_HOST_CONFIG_SETTINGS_READ_H */
