/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * record.h: what setters put into the configuration of the host.
 *
 * Called by the setters of host/config/setters*.c; the host owns the
 * records.
 */
#ifndef FTPS_HOST_CONFIG_RECORD_H
#define FTPS_HOST_CONFIG_RECORD_H

#include "conf.h"

/* A record of one unsigned int. */
void ftps_record_add_number(const char *directive, unsigned int value);

/* It may stand more than once. */
void ftps_record_allow_several(config_rec *c);

#endif /* FTPS_HOST_CONFIG_RECORD_H */
