/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * event_line.h: an event as a line of key=value, or as a JSON object.
 *
 * Pure.  Values and the text should have passed ftps_text_escape(); what
 * has not makes no line invalid (json.h).
 */
#ifndef FTPS_LOG_EVENT_LINE_H
#define FTPS_LOG_EVENT_LINE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* What is known of an event, in the order in which it is written. */
struct ftps_log_pair {
  const char *key;
  const char *text; /* escaped; NULL: the number counts */
  int64_t number;   /* negative: not known */
};

struct ftps_log_event {
  const char *kind;
  const struct ftps_log_pair *pairs;
  size_t n;
};

/* Room for each text and all pairs.  Longer texts and values are cut. */
#define FTPS_LOG_JSON_SIZE 16384

/* "kind key=value key=value"; a value that is not known is "-", and one that is
 * not a simple word is in quotation marks, as in JSON.
 */
void ftps_log_write_keys(const struct ftps_log_event *event, char *line,
    size_t size);

/* One object and a line feed: time, pid, event ("message" if there is no kind),
 * the pairs, text.  `line` has FTPS_LOG_JSON_SIZE bytes.  Returns its length.
 */
size_t ftps_log_write_json(const struct ftps_log_event *event, const char *text,
    const struct timespec *now, char *line);

#endif /* FTPS_LOG_EVENT_LINE_H */
