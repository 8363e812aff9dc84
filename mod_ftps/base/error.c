/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * error.c: see error.h.
 *
 * A text that does not fit is cut, never dropped.
 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

void ftps_error_clear(struct ftps_error *err) {
  err->text[0] = '\0';
  err->is_passing = err->is_of_server = false;
  err->refusal = FTPS_REFUSAL_NONE;
}

void ftps_error_take(struct ftps_error *err, const struct ftps_error *from) {
  if (err->text[0] == '\0') {
    *err = *from;
  }
}

static bool is_passing(int xerrno) {
  switch (xerrno) {
    case EAGAIN:
    case EIO:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ESTALE:
      return true;

    default:
      return false;
  }
}

void ftps_error_note(struct ftps_error *err, int xerrno) {
  err->is_passing = is_passing(xerrno);
}

void ftps_error_set(struct ftps_error *err, const char *fmt, ...) {
  va_list args;

  if (err->text[0] == '\0') {
    va_start(args, fmt);
    (void) vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);
  }
}

void ftps_error_refuse(struct ftps_error *err, enum ftps_refusal refusal,
    const char *detail) {
  if (err->text[0] == '\0') {
    ftps_refusal_write(ftps_refusal_row(refusal)->text, detail, err->text,
        sizeof(err->text));
    err->refusal = refusal;
  }
}

static void set_with_reason(struct ftps_error *err, const char *reason,
    const char *fmt, va_list args) {
  size_t len;

  if (err->text[0] == '\0') {
    (void) vsnprintf(err->text, sizeof(err->text), fmt, args);
    len = strlen(err->text);
    (void) snprintf(err->text + len, sizeof(err->text) - len, ": %s", reason);
  }
}

void ftps_error_set_errno(struct ftps_error *err, int xerrno, const char *fmt,
    ...) {
  va_list args;

  if (err->text[0] == '\0') {
    ftps_error_note(err, xerrno);
  }
  va_start(args, fmt);
  set_with_reason(err, strerror(xerrno), fmt, args);
  va_end(args);
}

void ftps_error_set_path(struct ftps_error *err, const char *directive,
    const char *path, int xerrno) {
  if (err->text[0] == '\0') {
    ftps_error_note(err, xerrno);
  }
  ftps_error_set(err,
      "%s %s: %s; check the path and the permissions of its directories",
      directive, path, strerror(xerrno));
}

static bool is_passing_code(unsigned long code) {
  return ERR_SYSTEM_ERROR(code) ? is_passing(ERR_GET_REASON(code))
                                : ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
}

void ftps_error_set_ssl(struct ftps_error *err, const char *fmt, ...) {
  char reasons[FTPS_ERROR_TEXT_SIZE];
  va_list args;

  if (err->text[0] == '\0') {
    err->is_passing = is_passing_code(ERR_peek_error());
  }
  ftps_error_drain(reasons, sizeof(reasons));
  va_start(args, fmt);
  set_with_reason(err, reasons, fmt, args);
  va_end(args);
}

static const char *reason_of(unsigned long code) {
  const char *reason = ERR_reason_error_string(code);

  if (reason == NULL && ERR_SYSTEM_ERROR(code)) {
    reason = strerror(ERR_GET_REASON(code));
  }

  return reason != NULL ? reason : "unknown reason";
}

void ftps_error_drain(char *text, size_t size) {
  const char *data, *separator = "";
  unsigned long code;
  size_t len = 0;
  int flags;

  (void) snprintf(text, size, "no reason given");
  while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags)) != 0) {
    bool has_data = (flags & ERR_TXT_STRING) && data != NULL && *data != '\0';

    (void) snprintf(text + len, size - len, "%s%s%s%s%s", separator,
        reason_of(code), has_data ? " (" : "", has_data ? data : "",
        has_data ? ")" : "");
    len = strlen(text);
    separator = "; ";
  }
}

void ftps_error_refuse_ssl(struct ftps_error *err, enum ftps_refusal refusal) {
  char reasons[FTPS_ERROR_TEXT_SIZE];

  ftps_error_drain(reasons, sizeof(reasons));
  ftps_error_refuse(err, refusal, reasons);
}

void ftps_error_report(ftps_report report, enum ftps_severity severity,
    const char *fmt, ...) {
  char text[FTPS_ERROR_TEXT_SIZE];
  va_list args;

  va_start(args, fmt);
  (void) vsnprintf(text, sizeof(text), fmt, args);
  va_end(args);
  report(severity, text);
}
