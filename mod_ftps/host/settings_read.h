/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * settings_read.h: configuration tree -> struct ftps_settings.
 *
 * Layer: host.  The only place that looks up values of a whole server.
 */
#ifndef FTPS_HOST_SETTINGS_READ_H
#define FTPS_HOST_SETTINGS_READ_H

#include <stdbool.h>

#include "base/settings.h"

#include "conf.h"

/* All values of `s`, defaults filled in, all strings copied to `p`. */
struct ftps_settings *ftps_settings_read(pool *p, server_rec *s);

/* Does this server listen on addresses besides its own (several names in
 * <VirtualHost>, DefaultAddress)?
 */
bool ftps_settings_has_more_addresses(const server_rec *s);

#endif /* FTPS_HOST_SETTINGS_READ_H */
