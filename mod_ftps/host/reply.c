/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * reply.c: see reply.h.
 */
#include "host/reply.h"

#include <errno.h>
#include <string.h>

#include "base/x509_text.h"
#include "log/log.h"

#define TEXT_SIZE (FTPS_ERROR_TEXT_SIZE + 256)

static void write_line(const struct ftps_refusal_row *row, const char *word,
    const char *line) {
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
  write_line(row, row->word, line);
}

void ftps_reply_log_error(enum ftps_refusal refusal,
    const struct ftps_error *err) {
  const struct ftps_refusal_row *row = ftps_refusal_row(refusal);
  char line[TEXT_SIZE];

  ftps_refusal_write(row->log, err->text, line, sizeof(line));
  write_line(row,
      err->refusal != FTPS_REFUSAL_NONE ? ftps_refusal_row(err->refusal)->word
                                        : row->word,
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
static void log_command(cmd_rec *cmd, const struct ftps_refusal_row *row,
    const char *detail) {
  char text[TEXT_SIZE], name[32];

  if (row->log != NULL) {
    ftps_refusal_write(row->log, detail, text, sizeof(text));
    write_line(row, row->word, text);
    return;
  }

  ftps_refusal_write(row->text, detail, text, sizeof(text));
  (void) ftps_text_escape(cmd->argv[0], strlen(cmd->argv[0]), name,
      sizeof(name));
  ftps_log("refused: %s: %s %s [%s]", name, row->code, text, row->word);
}

modret_t *ftps_reply_refuse(cmd_rec *cmd, enum ftps_refusal refusal,
    const char *detail) {
  log_command(cmd, ftps_refusal_row(refusal), detail);
  ftps_reply_add(refusal, detail);
  pr_cmd_set_errno(cmd, EPERM);
  errno = EPERM;
  return PR_ERROR(cmd);
}
