/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * wire.c: see wire.h.
 */
#include "wire.h"

#include <string.h>

/* Up to 20 digits: the largest number of 64 bits. */
#define DIGITS_MAX 20U

/* VALUE key flags length cas */
#define WORDS_MAX 5U

struct word {
  const char *text;
  size_t len;
};

int ftps_wire_number(const void *text, size_t len, uint64_t *number_out) {
  const unsigned char *digit = text;
  uint64_t number = 0;

  if (len == 0 || len > DIGITS_MAX) {
    return -1;
  }

  for (size_t i = 0; i < len; i++) {
    unsigned int value = (unsigned int) digit[i] - '0';

    if (value > 9 || number > (UINT64_MAX - value) / 10) {
      return -1;
    }
    number = number * 10 + value;
  }

  *number_out = number;
  return 0;
}

bool ftps_wire_is_final(enum ftps_wire_kind kind) {
  return kind >= FTPS_WIRE_END;
}

static bool is_word(const struct word *word, const char *text) {
  return word->len == strlen(text) && memcmp(word->text, text, word->len) == 0;
}

/* Splits a line at single spaces; the rest after the last word stays with it.
 */
static size_t split_line(const char *line, size_t len, struct word *words_out) {
  size_t n = 0;

  while (n < WORDS_MAX) {
    const char *space = n + 1 < WORDS_MAX ? memchr(line, ' ', len) : NULL;
    size_t word_len = space != NULL ? (size_t) (space - line) : len;

    words_out[n].text = line;
    words_out[n].len = word_len;
    n++;
    if (space == NULL) {
      break;
    }
    line += word_len + 1;
    len -= word_len + 1;
  }
  return n;
}

/* The line of a value has been read, `used` bytes; its bytes follow. */
static size_t take_value(const unsigned char *bytes, size_t len, size_t used,
    struct ftps_wire_item *item) {
  struct word words[WORDS_MAX] = { { NULL, 0 } };
  uint64_t flags, size;
  size_t n;

  n = split_line((const char *) bytes, used - 2, words);
  item->kind = FTPS_WIRE_BAD;
  if (n < 4 || words[1].len == 0 || words[1].len > FTPS_WIRE_KEY_MAX ||
      ftps_wire_number(words[2].text, words[2].len, &flags) < 0 ||
      ftps_wire_number(words[3].text, words[3].len, &size) < 0 ||
      (n == 5 &&
          ftps_wire_number(words[4].text, words[4].len, &item->cas) < 0)) {
    return 0;
  }

  if (size > FTPS_WIRE_VALUE_MAX) {
    item->kind = FTPS_WIRE_LARGE;
    return 0;
  }

  if (len - used < size + 2) {
    item->kind = FTPS_WIRE_MORE;
    return 0;
  }

  if (memcmp(bytes + used + size, "\r\n", 2) != 0) {
    return 0;
  }

  item->kind = FTPS_WIRE_VALUE;
  item->name = words[1].text;
  item->name_len = words[1].len;
  item->data = bytes + used;
  item->data_len = (size_t) size;
  return used + (size_t) size + 2;
}

static enum ftps_wire_kind final_kind(const struct word *word) {
  static const struct {
    const char *text;
    enum ftps_wire_kind kind;
  } finals[] = { { "END", FTPS_WIRE_END }, { "STORED", FTPS_WIRE_STORED },
    { "NOT_STORED", FTPS_WIRE_NOT_STORED }, { "EXISTS", FTPS_WIRE_EXISTS },
    { "DELETED", FTPS_WIRE_DELETED }, { "NOT_FOUND", FTPS_WIRE_NOT_FOUND },
    { "ERROR", FTPS_WIRE_ERROR }, { "CLIENT_ERROR", FTPS_WIRE_ERROR },
    { "SERVER_ERROR", FTPS_WIRE_ERROR } };

  for (size_t i = 0; i < sizeof(finals) / sizeof(finals[0]); i++) {
    if (is_word(word, finals[i].text)) {
      return finals[i].kind;
    }
  }
  return FTPS_WIRE_BAD;
}

size_t ftps_wire_take(const unsigned char *bytes, size_t len,
    struct ftps_wire_item *item_out) {
  struct word words[WORDS_MAX];
  const unsigned char *end;
  size_t used, n;

  memset(item_out, 0, sizeof(*item_out));
  end = len > 0 ? memchr(bytes, '\n', len) : NULL;
  used = end != NULL ? (size_t) (end - bytes) + 1 : 0;
  if (used > FTPS_WIRE_LINE_MAX || (end == NULL && len >= FTPS_WIRE_LINE_MAX)) {
    item_out->kind = FTPS_WIRE_BAD;
    return 0;
  }

  if (end == NULL) {
    item_out->kind = FTPS_WIRE_MORE;
    return 0;
  }

  if (used < 2 || end[-1] != '\r') {
    item_out->kind = FTPS_WIRE_BAD;
    return 0;
  }

  n = split_line((const char *) bytes, used - 2, words);
  if (is_word(&words[0], "VALUE")) {
    return take_value(bytes, len, used, item_out);
  }

  if (is_word(&words[0], "STAT") && n >= 3) {
    item_out->kind = FTPS_WIRE_STAT;
    item_out->name = words[1].text;
    item_out->name_len = words[1].len;
    item_out->data = (const unsigned char *) words[2].text;
    item_out->data_len = words[2].len;
    return used;
  }

  item_out->kind = final_kind(&words[0]);
  return item_out->kind == FTPS_WIRE_BAD ? 0 : used;
}
