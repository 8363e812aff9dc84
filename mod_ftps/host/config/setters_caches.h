/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * setters_caches.h: setters of TLSSessionCache and TLSStaplingCache.
 *
 * See host/config/directives.c.  Caches register in the init functions of
 * their modules, so whether there is one of a type is known here; what is
 * behind the colon is the cache's own, and is looked at when it is opened.
 *
 * Records: TLSSessionCache has an unsigned char (is there any), an unsigned int
 * or NULL (seconds), type and information or NULL.  TLSStaplingCache has type
 * and information, or NULL for "off".
 */
#ifndef FTPS_HOST_CONFIG_SETTERS_CACHES_H
#define FTPS_HOST_CONFIG_SETTERS_CACHES_H

#include "conf.h"

modret_t *ftps_directives_set_session_cache(cmd_rec *cmd);
modret_t *ftps_directives_set_stapling_cache(cmd_rec *cmd);

#endif /* FTPS_HOST_CONFIG_SETTERS_CACHES_H */
