/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * check.h: the daemon checks files of certificates and keys, and OCSP
 * responses: by a timer, and when a session has found a changed file.
 */
#ifndef FTPS_HOST_DAEMON_CHECK_H
#define FTPS_HOST_DAEMON_CHECK_H

#include <stdbool.h>

#include "base/error.h"

/* Sets the timer, after the configuration has been read. */
void ftps_check_start(void);

/* Checks all files, or as many as there is time for: then it returns true, and
 * the timer or the next call does the rest.
 */
bool ftps_check_now(void);

/* From now on sessions can request a check. */
void ftps_check_listen(void);

/* Asks responders for new OCSP responses where they are due. */
void ftps_check_responses(void);

/* An ftps_report that writes to the system log. */
void ftps_check_report(enum ftps_severity severity, const char *text);

#endif /* FTPS_HOST_DAEMON_CHECK_H */
