/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * setters_ocsp.h: setters of directives about OCSP; see directives.c.
 */
#ifndef FTPS_HOST_CONFIG_SETTERS_OCSP_H
#define FTPS_HOST_CONFIG_SETTERS_OCSP_H

#include "conf.h"

/* TLSStaplingOptions: an unsigned long, FTPS_STAPLE_*; may stand several times.
 */
modret_t *ftps_directives_ocsp_set_options(cmd_rec *cmd);

/* TLSStaplingResponder: a string. */
modret_t *ftps_directives_ocsp_set_responder(cmd_rec *cmd);

/* TLSStaplingTimeout: an unsigned int, seconds, not 0. */
modret_t *ftps_directives_ocsp_set_timeout(cmd_rec *cmd);

/* TLSVerifyOrder: an unsigned int (enum ftps_verify_order). */
modret_t *ftps_directives_ocsp_set_verify_order(cmd_rec *cmd);

#endif /* FTPS_HOST_CONFIG_SETTERS_OCSP_H */
