/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * reply.c: see reply.h.
 */
#include "host/reply.h"

#include <errno.h>
#include <string.h>

#include "base/daemon.h"
#include "base/x509_text.h"
#include "counts/counts.h"
#include "host/event.h"

#define TEXT_SIZE (FTPS_ERROR_TEXT_SIZE + 256)

static void log_event(enum ftps_refusal refusal, const char *word,
    const char *line) {
  const struct ftps_event event = { .kind = "refusal",
    .is_data = ftps_refusal_is_of_data(refusal),
    .ms = -1,
    .in = -1,
    .out = -1,
    .reason = word };

  ftps_event_log(&event, line);
}

/* `reason` is the word of the line, and what is counted. */
static void write_line(enum ftps_refusal refusal, enum ftps_refusal reason,
    const char *text) {
  const char *word = ftps_refusal_row(reason)->word;
  char line[TEXT_SIZE + 64];

  ftps_counts_add_refusal(ftps_daemon_get0()->counts, reason);
  (void) pr_snprintf(line, sizeof(line), "%s [%s]", text, word);
  if (ftps_refusal_row(refusal)->is_alarming) {
    pr_log_pri(PR_LOG_NOTICE, "mod_ftps: %s", line);
  }
  log_event(refusal, word, line);
}

void ftps_reply_log(enum ftps_refusal refusal, const char *detail) {
  const struct ftps_refusal_row *row = ftps_refusal_row(refusal);
  char line[TEXT_SIZE];

  ftps_refusal_write(row->log, detail, line, sizeof(line));
  write_line(refusal, refusal, line);
}

void ftps_reply_log_error(enum ftps_refusal refusal,
    const struct ftps_error *err) {
  const struct ftps_refusal_row *row = ftps_refusal_row(refusal);
  char line[TEXT_SIZE];

  ftps_refusal_write(row->log, err->text, line, sizeof(line));
  write_line(refusal,
      err->refusal != FTPS_REFUSAL_NONE ? err->refusal : refusal, line);
}

void ftps_reply_add(enum ftps_refusal refusal, const char *detail) {
  const struct ftps_refusal_row *row = ftps_refusal_row(refusal);
  char text[TEXT_SIZE];

  ftps_refusal_write(row->text, detail, text, sizeof(text));
  pr_response_add_err(row->code, "%s", text);
}

void ftps_reply_add_closing(enum ftps_refusal refusal) {
  pr_response_add_err(R_550, "%s", ftps_refusal_row(refusal)->text);
}

void ftps_reply_send(enum ftps_refusal refusal, const char *detail) {
  const struct ftps_refusal_row *row = ftps_refusal_row(refusal);
  char text[TEXT_SIZE];

  ftps_refusal_write(row->text, detail, text, sizeof(text));
  pr_response_send(row->code, "%s", text);
}

/* Rows without a line of their own are logged with their reply. */
static void log_command(cmd_rec *cmd, enum ftps_refusal refusal,
    const char *detail) {
  const struct ftps_refusal_row *row = ftps_refusal_row(refusal);
  char text[TEXT_SIZE], line[TEXT_SIZE + 64], name[32];

  if (row->log != NULL) {
    ftps_reply_log(refusal, detail);
    return;
  }

  ftps_refusal_write(row->text, detail, text, sizeof(text));
  (void) ftps_text_escape(cmd->argv[0], strlen(cmd->argv[0]), name,
      sizeof(name));
  (void) pr_snprintf(line, sizeof(line), "refused: %s: %s %s", name, row->code,
      text);
  write_line(refusal, refusal, line);
}

modret_t *ftps_reply_refuse(cmd_rec *cmd, enum ftps_refusal refusal,
    const char *detail) {
  log_command(cmd, refusal, detail);
  ftps_reply_add(refusal, detail);
  pr_cmd_set_errno(cmd, EPERM);
  errno = EPERM;
  return PR_ERROR(cmd);
}
