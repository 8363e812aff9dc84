/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * directives.h: the table of configuration directives.
 *
 * Setters check syntax and words only; files are looked at when all is parsed
 * (host/daemon/events.c), so that a missing file at SIGHUP leaves the running
 * configuration in use instead of ending the daemon.
 */
#ifndef FTPS_HOST_CONFIG_DIRECTIVES_H
#define FTPS_HOST_CONFIG_DIRECTIVES_H

#include "conf.h"

extern conftable ftps_directives[];

#endif /* FTPS_HOST_CONFIG_DIRECTIVES_H */
