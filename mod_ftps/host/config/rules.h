/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * rules.h: where each directive may stand, how many values it takes and how it
 * is written; the one form of all refusals, and how many there were.
 *
 * Called by the setters of host/config/directives.c; `cmd` is theirs.
 *
 * DIAGNOSTICS: errors are the daemon's: "fatal: DIRECTIVE: TEXT on line ...";
 * at a restart ftps_rules_each_line() has them.
 */
#ifndef FTPS_HOST_CONFIG_RULES_H
#define FTPS_HOST_CONFIG_RULES_H

#include <stdbool.h>

#include "base/error.h"

#include "conf.h"

/* A configuration is about to be read.  At a restart the setters answer a fault
 * with "handled", so that ProFTPD reads on; what they refused counts as "on"
 * for TLSEngine and TLSRequired, and is left out otherwise.
 */
void ftps_rules_begin(bool is_restart);

/* How many directives have been refused since. */
unsigned int ftps_rules_refused(void);

/* Has ProFTPD left out lines, because it could not read an included file? */
bool ftps_rules_is_cut(void);

/* A line that ProFTPD logs while it reads. */
void ftps_rules_hear(const char *line);

/* Reports what was refused at a restart, and what else mod_ftps logged before
 * SystemLog was open again.
 */
void ftps_rules_each_line(ftps_report report);

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
