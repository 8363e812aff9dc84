/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * error.h: what went wrong, as one bounded line of text.
 *
 * The caller owns the structure, usually on its stack, and
 * clears it first.  Functions that fail fill it; the first text wins, since it
 * is the most exact one.  Text says what was tried on which object.  Bytes that
 * came from a peer must have passed ftps_text_escape() before.
 */
#ifndef FTPS_BASE_ERROR_H
#define FTPS_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/refusal.h"

#define FTPS_ERROR_TEXT_SIZE 1024

struct ftps_error {
  char text[FTPS_ERROR_TEXT_SIZE]; /* empty: no error */
  bool is_passing; /* of memory or descriptors, say, there may be some soon */
  enum ftps_refusal refusal; /* the reason, if it is one of the table */
};

void ftps_error_clear(struct ftps_error *err);

/* That of another, unless there is one. */
void ftps_error_take(struct ftps_error *err, const struct ftps_error *from);

/* A file could not be opened: "DIRECTIVE PATH: reason; remedy". */
void ftps_error_set_path(struct ftps_error *err, const char *directive,
    const char *path, int xerrno);

/* Of which errno the text tells that was set without it. */
void ftps_error_note(struct ftps_error *err, int xerrno);

/* printf-like; nothing happens when a text is already there. */
void ftps_error_set(struct ftps_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The text of a reason, which is kept as well; `detail` may be NULL. */
void ftps_error_refuse(struct ftps_error *err, enum ftps_refusal refusal,
    const char *detail);

/* The same; the detail is what OpenSSL's error queue says, which is empty
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

/* The reasons in OpenSSL's error queue, oldest first, joined by "; ", or
 * "no reason given".  Empties the queue.
 */
void ftps_error_drain(char *text, size_t size);

/* What a line for administrators is about: something that does not work, or
 * something that works and will fail later.
 */
enum ftps_severity {
  FTPS_SEVERITY_NOTICE,
  FTPS_SEVERITY_FAULT
};

/* Takes one line; `text` is the caller's. */
typedef void (*ftps_report)(enum ftps_severity severity, const char *text);

#endif /* FTPS_BASE_ERROR_H */
