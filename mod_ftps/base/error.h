/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * error.h: what went wrong, as one bounded line of text.
 *
 * The caller owns the structure, usually on its stack, and clears it first.
 * Functions that fail fill it.  The first text is kept, because it is the most
 * exact one.  The text says what was tried on which object.  Bytes of a peer
 * must pass ftps_text_escape() first.
 */
#ifndef FTPS_BASE_ERROR_H
#define FTPS_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/refusal.h"

#define FTPS_ERROR_TEXT_SIZE 1024

struct ftps_error {
  char text[FTPS_ERROR_TEXT_SIZE]; /* empty: no error */
  bool is_passing;   /* for example a lack of memory or descriptors: trying
                      * again later may succeed */
  bool is_of_server; /* of one server's certificate: mod_tls starts with it, and
                      * others are served */
  enum ftps_refusal refusal; /* the reason, if it is in the table of refusals */
};

void ftps_error_clear(struct ftps_error *err);

/* Copies `from` into `err`, unless `err` already has a text. */
void ftps_error_take(struct ftps_error *err, const struct ftps_error *from);

/* A file could not be opened: "DIRECTIVE PATH: reason; remedy". */
void ftps_error_set_path(struct ftps_error *err, const char *directive,
    const char *path, int xerrno);

/* Records the errno behind a text that was set with ftps_error_set(). */
void ftps_error_note(struct ftps_error *err, int xerrno);

/* Like printf; does nothing if `err` already has a text. */
void ftps_error_set(struct ftps_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Sets the reason and its text; `detail` may be NULL. */
void ftps_error_refuse(struct ftps_error *err, enum ftps_refusal refusal,
    const char *detail);

/* The same; the detail is the text of OpenSSL's error queue, which is empty
 * afterwards.
 */
void ftps_error_refuse_ssl(struct ftps_error *err, enum ftps_refusal refusal);

/* The same as ftps_error_set(), with ": " and the text of the given errno
 * appended.
 */
void ftps_error_set_errno(struct ftps_error *err, int xerrno, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* The same, with ": " and the reasons in OpenSSL's error queue appended; the
 * queue is empty afterwards.
 */
void ftps_error_set_ssl(struct ftps_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes the reasons in OpenSSL's error queue, oldest first, joined by "; ", or
 * "no reason given".  Empties the queue.
 */
void ftps_error_drain(char *text, size_t size);

/* The kind of a line for administrators: something does not work, or something
 * works and will fail later.
 */
enum ftps_severity {
  FTPS_SEVERITY_NOTICE,
  FTPS_SEVERITY_FAULT
};

/* Receives one line; the caller owns `text`. */
typedef void (*ftps_report)(enum ftps_severity severity, const char *text);

/* Makes a line like printf, as long as an error's text at most, and reports it.
 */
void ftps_error_report(ftps_report report, enum ftps_severity severity,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif /* FTPS_BASE_ERROR_H */
