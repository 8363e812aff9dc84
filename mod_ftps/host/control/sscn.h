/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * sscn.h: SSCN: which end of a data connection is the TLS client, for transfers
 * between two servers.
 *
 * Handler of the command table in mod_ftps.c.  Replies: see doc/contract.md,
 * SSCN.
 */
#ifndef FTPS_HOST_CONTROL_SSCN_H
#define FTPS_HOST_CONTROL_SSCN_H

#include "conf.h"

modret_t *ftps_sscn_command(cmd_rec *cmd);

#endif /* FTPS_HOST_CONTROL_SSCN_H */
