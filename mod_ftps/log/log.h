/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * log.h: the three audiences: TLSLog, the system log, the trace.
 *
 * But CONNECTION and CONTEXT may include it too: its functions
 * take plain values only.  Never key bytes, passwords, tokens or tickets; bytes
 * of a peer pass ftps_text_escape() before.
 */
#ifndef FTPS_LOG_LOG_H
#define FTPS_LOG_LOG_H

#include <stdarg.h>

/* Opens the TLSLog of this process; NULL closes.  A log that cannot be opened
 * is reported to the system log, and nothing else happens.
 */
void ftps_log_open(const char *path);
void ftps_log_close(void);

/* Opens the system log; NULL: nothing to do.  While a configuration is read
 * again, mod_log does so after us, and closes this one: what is told before
 * would go to syslog instead.
 */
void ftps_log_open_system(const char *path);

/* One line in TLSLog. */
void ftps_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void ftps_log_args(const char *fmt, va_list args)
    __attribute__((format(printf, 1, 0)));

/* One line in the system log, for what an administrator must act on;
 * `priority` is a PR_LOG_* value.  It goes to TLSLog as well.
 */
void ftps_log_admin(int priority, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Trace channel "tls". */
void ftps_log_trace(int level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Lines that sites search for (contract section 7). */
#define FTPS_LOG_REUSED       "client reused TLS session for data connection"
#define FTPS_LOG_PROT_PRIVATE "Protection set to Private"
#define FTPS_LOG_PROT_CLEAR   "Protection set to Clear"

#endif /* FTPS_LOG_LOG_H */
