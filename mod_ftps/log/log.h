/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * log.h: the three logs: TLSLog, the system log, the trace.
 *
 * Every folder may use it: its functions take plain values only.  Never log key
 * bytes, passwords, tokens or tickets.  Bytes of a peer must pass
 * ftps_text_escape() first.
 *
 * TLSLogFormat chooses the form of TLSLog.  text: a line is the text.  keys: an
 * event has a second line, "handshake peer=192.0.2.1 user=- ...".  json: each
 * line is one JSON object, with the text as one of its members.
 */
#ifndef FTPS_LOG_LOG_H
#define FTPS_LOG_LOG_H

#include <stdarg.h>
#include <stdbool.h>

#include "base/settings.h"
#include "log/event_line.h"

/* Opens the TLSLog of this process; NULL closes it.  If a log cannot be opened,
 * this is reported in the system log, and nothing else happens.
 */
void ftps_log_open(const char *path, enum ftps_log_format format);
void ftps_log_close(void);

/* Opens the system log; NULL does nothing.  While a configuration is read
 * again, mod_log opens it after us, and closes this one.  Without this call,
 * earlier lines would go to syslog instead.
 */
void ftps_log_open_system(const char *path);

/* Writes one line to TLSLog. */
void ftps_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void ftps_log_args(const char *fmt, va_list args)
    __attribute__((format(printf, 1, 0)));

/* True if pairs are written at all. */
bool ftps_log_has_pairs(void);

/* Writes an event, whose text is a line as ftps_log() writes it. */
void ftps_log_event(const struct ftps_log_event *event, const char *text);

/* Writes one line to the system log, for things on which an administrator must
 * act; `priority` is a PR_LOG_* value.  The line goes to TLSLog as well.
 */
void ftps_log_admin(int priority, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes to the trace channel "tls". */
void ftps_log_trace(int level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Lines that sites search for (doc/contract.md: Log lines). */
#define FTPS_LOG_REUSED       "client reused TLS session for data connection"
#define FTPS_LOG_PROT_PRIVATE "Protection set to Private"
#define FTPS_LOG_PROT_CLEAR   "Protection set to Clear"

#endif /* FTPS_LOG_LOG_H */
