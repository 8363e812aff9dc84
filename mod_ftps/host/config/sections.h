/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * sections.h: the settings of a server with an <IfClass> section of
 * mod_ifsession merged into them.
 *
 * mod_ifsession merges a section into the server's records when a session
 * starts.  The daemon does the same beforehand, on a copy, so that it can log
 * faults of the section and prepare the contexts.  A session finds them by the
 * fingerprint of the merged records (settings_read.h).  If several sections
 * apply to one client, no fingerprint matches, and the session builds the
 * contexts itself (host/control/session_vhost.h).
 */
#ifndef FTPS_HOST_CONFIG_SECTIONS_H
#define FTPS_HOST_CONFIG_SECTIONS_H

#include "conf.h"

struct ftps_settings;

/* Returns the next <IfClass> section of `s` after `section` that has TLS
 * directives which a session reads once; the first one after NULL.  Returns
 * NULL if there are no more.
 */
const config_rec *ftps_sections_next(const server_rec *s,
    const config_rec *section);

/* The settings of `s` with the section merged into them, in `p`. */
struct ftps_settings *ftps_sections_read(pool *p, const server_rec *s,
    const config_rec *section);

#endif /* FTPS_HOST_CONFIG_SECTIONS_H */
