/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * refused.h: what was wrong with a configuration while ProFTPD read it.
 *
 * ProFTPD takes an error in an included file for a warning, leaves out the rest
 * of the including file, and goes on.  So refusals are counted, and postparse
 * ends the start when there was one.  At a restart a refusal is no error for
 * ProFTPD: it would either end the daemon or leave out lines that have nothing
 * to do with it.  The line is kept until the system log is open again.
 */
#ifndef FTPS_HOST_CONFIG_REFUSED_H
#define FTPS_HOST_CONFIG_REFUSED_H

#include <stdbool.h>

#include "base/error.h"

#include "conf.h"

struct ftps_daemon;

/* Once, first.  Returns 0, or -1 without memory. */
int ftps_refused_init(struct ftps_daemon *daemon);

/* A configuration is about to be read.  At a restart the setters answer a fault
 * with "handled", so that ProFTPD reads on; what they refused counts as "on"
 * for TLSEngine and TLSRequired, and is left out otherwise.
 */
void ftps_refused_begin(bool is_restart);

/* Counts a refusal.  Returns true at a restart: ProFTPD must not see an error.
 */
bool ftps_refused_add(const cmd_rec *cmd, const char *text);

/* Keeps a line about a directive that does not count, because the server has it
 * already.
 */
void ftps_refused_add_second(const char *line);

/* Hears a line that ProFTPD logs while it reads. */
void ftps_refused_hear(const char *line);

/* Returns how many directives have been refused since the beginning. */
unsigned int ftps_refused_count(void);

/* Has ProFTPD left out lines, because it could not read an included file? */
bool ftps_refused_is_cut(void);

/* Reports what was refused at a restart, and what else mod_ftps logged before
 * SystemLog was open again.
 */
void ftps_refused_each(ftps_report report);

/* Reports directives that do not count. */
void ftps_refused_each_second(ftps_report report);

#endif /* FTPS_HOST_CONFIG_REFUSED_H */
