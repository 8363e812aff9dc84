/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * reply.h: refusals, for the client and the administrator.
 *
 * Every refusal is a row of base/refusal.h.  Its line goes to TLSLog with the
 * word of the reason in brackets.
 */
#ifndef FTPS_HOST_REPLY_H
#define FTPS_HOST_REPLY_H

#include "base/error.h"
#include "base/refusal.h"

#include "conf.h"

/* Refuses a command: log line, reply, errno EPERM. `detail` replaces "%s";
 * NULL: the texts have none.
 */
modret_t *ftps_reply_refuse(cmd_rec *cmd, enum ftps_refusal refusal,
    const char *detail);

/* Only the log line. */
void ftps_reply_log(enum ftps_refusal refusal, const char *detail);

/* The same.  The detail is the text of `err`, and the word is that of its
 * reason, if it has one.
 */
void ftps_reply_log_error(enum ftps_refusal refusal,
    const struct ftps_error *err);

/* Only the reply: added to those of the command. */
void ftps_reply_add(enum ftps_refusal refusal, const char *detail);

/* The same for a file that cannot be closed, with the code of the line that
 * ProFTPD adds: lines with another code would be a separate reply.
 */
void ftps_reply_add_closing(enum ftps_refusal refusal);

/* The same, sent at once. */
void ftps_reply_send(enum ftps_refusal refusal, const char *detail);

#endif /* FTPS_HOST_REPLY_H */
