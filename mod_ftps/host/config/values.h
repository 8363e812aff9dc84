/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * values.h: sets and reads directives of the ordinary kinds.
 *
 * There is one setter and one reader for all of them; a row of the table
 * (host/config/directives.c) says the rest. enum ftps_value (rules.h) lists the
 * kinds.
 */
#ifndef FTPS_HOST_CONFIG_VALUES_H
#define FTPS_HOST_CONFIG_VALUES_H

#include "host/config/rules.h"

/* Leaves a record with the value.  Returns NULL, or the error. */
modret_t *ftps_values_set(cmd_rec *cmd, const struct ftps_directive *row);

/* Sets the row's member from the first record of the server and, if the
 * directive may be repeated, from those that follow.  NULL: sets the default.
 * Strings are copied to `p`.
 */
void ftps_values_read(pool *p, const struct ftps_directive *row,
    config_rec *first, struct ftps_settings *settings);

#endif /* FTPS_HOST_CONFIG_VALUES_H */
