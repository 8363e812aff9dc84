/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * directives.h: the table of configuration directives, one row for each.
 *
 * Setters check syntax and words only.  Files are checked when everything has
 * been parsed (host/daemon/events.c), so that a missing file at SIGHUP leaves
 * the running configuration in use instead of ending the daemon.
 */
#ifndef FTPS_HOST_CONFIG_DIRECTIVES_H
#define FTPS_HOST_CONFIG_DIRECTIVES_H

#include "host/config/rules.h"

#include "conf.h"

/* The last row has no name. */
extern const struct ftps_directive ftps_directives[];

/* The same table in ProFTPD's form; ftps_directives_init() sets it. */
extern conftable ftps_conftable[];

/* Called when the module is initialised, before ProFTPD reads ftps_conftable;
 * called again after each SIGHUP.
 */
void ftps_directives_init(void);

#endif /* FTPS_HOST_CONFIG_DIRECTIVES_H */
