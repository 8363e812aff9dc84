/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * setters.h: setters of directives whose values have a form of their own.
 * Rows of ftps_directives[] (host/config/directives.c) name them; what is said
 * there about setters and their errors is true here as well.
 */
#ifndef FTPS_HOST_CONFIG_SETTERS_H
#define FTPS_HOST_CONFIG_SETTERS_H

#include "conf.h"

/* Ignored, and told. */
modret_t *ftps_directives_set_crypto_device(cmd_rec *cmd);

/* May stand several times. */
modret_t *ftps_directives_set_dh_param_file(cmd_rec *cmd);

/* The core reads this record itself: an address and its name. */
modret_t *ftps_directives_set_masquerade(cmd_rec *cmd);

/* identity and path; may stand several times. */
modret_t *ftps_directives_set_pre_shared_key(cmd_rec *cmd);

/* Seconds for control connections, KB for data connections; 0: never. */
modret_t *ftps_directives_set_renegotiate(cmd_rec *cmd);

/* A struct ftps_ticket_settings. */
modret_t *ftps_directives_set_ticket_keys(cmd_rec *cmd);

#endif /* FTPS_HOST_CONFIG_SETTERS_H */
