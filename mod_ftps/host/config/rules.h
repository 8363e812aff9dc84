/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * rules.h: where each directive may stand, how many values it takes and how it
 * is written; and the one form of all refusals.
 *
 * Called by the setters of host/config/directives.c; `cmd` is theirs.
 *
 * DIAGNOSTICS: errors are the daemon's: "fatal: DIRECTIVE: TEXT on line ...".
 */
#ifndef FTPS_HOST_CONFIG_RULES_H
#define FTPS_HOST_CONFIG_RULES_H

#include "conf.h"

/* Context, number of values, no empty value: NULL, or the error. */
modret_t *ftps_rules_check(cmd_rec *cmd);

/* An error whose text says what is refused, why, and what to write. */
modret_t *ftps_rules_refuse(cmd_rec *cmd, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The error for a value that is not one of the directive's words. */
modret_t *ftps_rules_refuse_value(cmd_rec *cmd, unsigned int i);

/* What is written behind the directive; "" for those without a rule. */
const char *ftps_rules_syntax(const char *directive);

#endif /* FTPS_HOST_CONFIG_RULES_H */
