/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ticketfile.c: see ticketfile.h.
 *
 * 240 bytes are three records of 80, not five of 48.
 */
#include "tickets/ticketfile.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#define SMALL_RECORD 48
#define RECORD       80

/* In base64; the last character of the longer one is "=". */
#define SMALL_LINE 64
#define LINE       108

#define TEXT_KEYS 3

#define WANTED \
  "; it should hold records of 80 or 48 bytes, or lines of as many in base64 " \
  "(\"openssl rand 80\" makes one)"

static bool is_base64(unsigned char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
      (c >= '0' && c <= '9') || c == '+' || c == '/';
}

static bool is_blank(unsigned char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

static bool is_text(const unsigned char *bytes, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (!is_base64(bytes[i]) && !is_blank(bytes[i]) && bytes[i] != '=' &&
        bytes[i] != '\n') {
      return false;
    }
  }

  return true;
}

/* True for a file that was made with its full length before the keys were
 * written to it.
 */
static bool is_monotonous(const unsigned char *bytes, size_t len) {
  return memcmp(bytes, bytes + 1, len - 1) == 0;
}

static int add_record(const unsigned char *record, size_t len, size_t place,
    struct ftps_ticketfile *file, struct ftps_error *err) {
  if (is_monotonous(record, len)) {
    ftps_error_set(err,
        "has a record of nothing but one byte; make it of random ones "
        "(\"openssl rand 80\")");
    return -1;
  }

  if (ftps_keyring_extract(record, len, file->secrets[place]) < 0) {
    ftps_error_set_ssl(err, "cannot be used");
    return -1;
  }

  return 0;
}

static int parse_binary(const unsigned char *bytes, size_t len,
    struct ftps_ticketfile *file, struct ftps_error *err) {
  size_t size = len % RECORD == 0 ? RECORD : SMALL_RECORD;

  if (len % size != 0) {
    ftps_error_set(err, "has %zu bytes" WANTED, len);
    return -1;
  }

  file->n = len / size;
  if (file->n > FTPS_TICKETFILE_KEYS_MAX) {
    ftps_error_set(err, "has %zu records, more than %d; take the oldest out",
        file->n, FTPS_TICKETFILE_KEYS_MAX);
    return -1;
  }

  for (size_t i = 0; i < file->n; i++) {
    if (add_record(bytes + i * size, size, i, file, err) < 0) {
      return -1;
    }
  }

  return 0;
}

/* Returns the bytes of the record, or -1. */
static int decode_line(const unsigned char *line, size_t len,
    unsigned char record[RECORD + 1]) {
  size_t digits = len == LINE ? LINE - 1 : SMALL_LINE;

  if (len != SMALL_LINE && !(len == LINE && line[LINE - 1] == '=')) {
    return -1;
  }

  for (size_t i = 0; i < digits; i++) {
    if (!is_base64(line[i])) {
      return -1;
    }
  }

  if (EVP_DecodeBlock(record, line, (int) len) < 0) {
    return -1;
  }

  return len == LINE ? RECORD : SMALL_RECORD;
}

static int add_line(const unsigned char *line, size_t len, size_t place,
    struct ftps_ticketfile *file, struct ftps_error *err) {
  unsigned char record[RECORD + 1];
  int size = decode_line(line, len, record), res = -1;

  if (size < 0) {
    ftps_error_set(err, "has a line that is no record" WANTED);
  } else {
    res = add_record(record, (size_t) size, place, file, err);
  }

  OPENSSL_cleanse(record, sizeof(record));
  return res;
}

/* Finds the last line before `*end` that is not empty, without blanks at its
 * ends.  Returns 0 if there is none.
 */
static size_t take_last_line(const unsigned char *bytes, size_t *end,
    const unsigned char **line_out) {
  while (*end > 0) {
    size_t to = *end, from;

    while (to > 0 && (is_blank(bytes[to - 1]) || bytes[to - 1] == '\n')) {
      to--;
    }
    for (from = to; from > 0 && bytes[from - 1] != '\n';) {
      from--;
    }

    *end = from;
    while (from < to && is_blank(bytes[from])) {
      from++;
    }
    if (from < to) {
      *line_out = bytes + from;
      return to - from;
    }
  }

  return 0;
}

/* The line before the last one is first. */
static int parse_text(const unsigned char *bytes, size_t len,
    struct ftps_ticketfile *file, struct ftps_error *err) {
  static const size_t places[TEXT_KEYS] = { 1, 0, 2 };
  const unsigned char *line;
  size_t end = len, size;

  while (
      file->n < TEXT_KEYS && (size = take_last_line(bytes, &end, &line)) > 0) {
    if (add_line(line, size, places[file->n], file, err) < 0) {
      return -1;
    }
    file->n++;
  }

  if (file->n == 0) {
    ftps_error_set(err, "is empty" WANTED);
    return -1;
  }

  if (file->n == 1) {
    memcpy(file->secrets[0], file->secrets[1], sizeof(file->secrets[0]));
  }
  return 0;
}

int ftps_ticketfile_parse(const unsigned char *bytes, size_t len,
    struct ftps_ticketfile *file_out, struct ftps_error *err) {
  memset(file_out, 0, sizeof(*file_out));
  if (len > FTPS_TICKETFILE_BYTES_MAX) {
    ftps_error_set(err, "has more than %d bytes" WANTED,
        FTPS_TICKETFILE_BYTES_MAX);
    return -1;
  }

  return is_text(bytes, len) ? parse_text(bytes, len, file_out, err)
                             : parse_binary(bytes, len, file_out, err);
}
