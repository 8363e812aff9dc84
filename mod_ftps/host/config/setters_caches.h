/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * setters_caches.h: setters, and readers, of TLSSessionCache, TLSStaplingCache
 * and TLSSessionTicketKeys; see setters.h.
 *
 * Caches register in the init functions of their modules, so the setters know
 * whether there is one of a type.  The text after the colon is for the cache,
 * which checks it when it is opened.
 */
#ifndef FTPS_HOST_CONFIG_SETTERS_CACHES_H
#define FTPS_HOST_CONFIG_SETTERS_CACHES_H

#include "host/config/rules.h"

/* TLSSessionCache: an unsigned char (whether there is one), an unsigned int or
 * NULL (seconds), type and information or NULL.
 */
modret_t *ftps_setters_set_session_cache(cmd_rec *cmd,
    const struct ftps_directive *row);
void ftps_setters_read_session_cache(pool *p, config_rec *first,
    struct ftps_settings *settings);

/* TLSStaplingCache: type and information, or NULL for "off". */
modret_t *ftps_setters_set_stapling_cache(cmd_rec *cmd,
    const struct ftps_directive *row);

/* TLSSessionTicketKeys: a struct ftps_ticket_settings. */
modret_t *ftps_setters_set_ticket_keys(cmd_rec *cmd,
    const struct ftps_directive *row);
void ftps_setters_read_ticket_keys(pool *p, config_rec *first,
    struct ftps_settings *settings);

#endif /* FTPS_HOST_CONFIG_SETTERS_CACHES_H */
