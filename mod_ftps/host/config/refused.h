/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * refused.h: the faults of a configuration that ProFTPD reads.
 *
 * ProFTPD only warns about an error in an included file, does not read the rest
 * of the including file, and goes on.  So refusals are counted, and postparse
 * ends the start if there was one.  At a reload ProFTPD must not see a refusal
 * as an error: it would either end the daemon or skip lines that have nothing
 * to do with it.  The line is kept until the system log is open again.
 */
#ifndef FTPS_HOST_CONFIG_REFUSED_H
#define FTPS_HOST_CONFIG_REFUSED_H

#include <stdbool.h>

#include "base/error.h"

#include "conf.h"

struct ftps_daemon;

/* Call it once, first.  Returns 0, or -1 if there is no memory. */
int ftps_refused_init(struct ftps_daemon *daemon);

/* A configuration will be read now.  At a reload the setters return "handled"
 * for a fault, so that ProFTPD goes on reading.  A refused TLSEngine or
 * TLSRequired counts as "on"; other refused directives are ignored.
 */
void ftps_refused_begin(bool is_restart);

/* Counts a refusal.  Returns true at a reload: ProFTPD must not see an error.
 */
bool ftps_refused_add(const cmd_rec *cmd, const char *text);

/* Keeps a line about a directive that does not count, because the server has it
 * already.
 */
void ftps_refused_add_second(const char *line);

/* Keeps a line about a value that is used in another way than it is written. */
void ftps_refused_add_remark(const cmd_rec *cmd, const char *text);

/* Gets a line that ProFTPD logs while it reads. */
void ftps_refused_hear(const char *line);

/* Returns how many directives were refused since the beginning. */
unsigned int ftps_refused_count(void);

/* True if ProFTPD has skipped lines, because it could not read an included
 * file.
 */
bool ftps_refused_is_cut(void);

/* Reports what was refused at a reload, and what else mod_ftps logged before
 * SystemLog was open again.
 */
void ftps_refused_each(ftps_report report);

/* Reports directives that do not count, and values that are used otherwise. */
void ftps_refused_each_remark(ftps_report report);

#endif /* FTPS_HOST_CONFIG_REFUSED_H */
