/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * setters_client.h: setters of directives about certificates of others; see
 * directives.c.
 */
#ifndef FTPS_HOST_CONFIG_SETTERS_CLIENT_H
#define FTPS_HOST_CONFIG_SETTERS_CLIENT_H

#include "conf.h"

/* TLSUserName: the record holds an unsigned int (enum ftps_certname) and an
 * object identifier or NULL.
 */
modret_t *ftps_directives_client_set_user_name(cmd_rec *cmd);

/* TLSTransferServers: a record for each name, in its one form. */
modret_t *ftps_directives_client_set_transfer_servers(cmd_rec *cmd);

#endif /* FTPS_HOST_CONFIG_SETTERS_CLIENT_H */
