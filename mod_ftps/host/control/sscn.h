/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * sscn.h: SSCN, which end of data connections is the TLS client, for transfers
 * between two servers.
 *
 * The command is handled for the table in mod_ftps.c; data.c asks
 * the other two.  Replies are those of the contract, section 7.
 */
#ifndef FTPS_HOST_CONTROL_SSCN_H
#define FTPS_HOST_CONTROL_SSCN_H

#include "conf.h"

modret_t *ftps_sscn_command(cmd_rec *cmd);

#endif /* FTPS_HOST_CONTROL_SSCN_H */
