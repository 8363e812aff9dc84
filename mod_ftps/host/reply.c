/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * reply.c: see reply.h.
 */
#include "host/reply.h"

#include <errno.h>
#include <string.h>

#include "base/daemon.h"
#include "base/x509_text.h"
#include "counts/counts.h"
#include "log/log.h"

#define TEXT_SIZE (FTPS_ERROR_TEXT_SIZE + 256)

/* `reason` is the word of the line, and what is counted. */
static void write_line(const struct ftps_refusal_row *row,
    enum ftps_refusal reason, const char *line) {
  const char *word = ftps_refusal_row(reason)->word;

  ftps_counts_add_refusal(ftps_daemon_get0()->counts, reason);
  if (row->is_alarming) {
    ftps_log_admin(PR_LOG_NOTICE, "%s [%s]", line, word);
  } else {
    ftps_log("%s [%s]", line, word);
  }
}

void ftps_reply_log(enum ftps_refusal refusal, const char *detail) {
  const struct ftps_refusal_row *row = ftps_refusal_row(refusal);
  char line[TEXT_SIZE];

  ftps_refusal_write(row->log, detail, line, sizeof(line));
  write_line(row, refusal, line);
}

void ftps_reply_log_error(enum ftps_refusal refusal,
    const struct ftps_error *err) {
  const struct ftps_refusal_row *row = ftps_refusal_row(refusal);
  char line[TEXT_SIZE];

  ftps_refusal_write(row->log, err->text, line, sizeof(line));
  write_line(row, err->refusal != FTPS_REFUSAL_NONE ? err->refusal : refusal,
      line);
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
  write_line(row, refusal, line);
}

modret_t *ftps_reply_refuse(cmd_rec *cmd, enum ftps_refusal refusal,
    const char *detail) {
  log_command(cmd, refusal, detail);
  ftps_reply_add(refusal, detail);
  pr_cmd_set_errno(cmd, EPERM);
  errno = EPERM;
  return PR_ERROR(cmd);
}
