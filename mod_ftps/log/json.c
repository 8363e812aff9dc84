/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * json.c: see json.h.
 */
#include "log/json.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/x509_text.h"

/* Longer texts are cut. */
#define TEXT_SIZE 4096

/* U+FFFD stands for bytes that are no character. */
#define UNKNOWN "\xef\xbf\xbd"

/* One character as it is written, and how many bytes of the text it takes. */
struct character {
  char text[8];
  size_t taken;
};

/* The length of the character that begins with this byte, or 0. */
static size_t length_by(unsigned char c) {
  if (c < 0x80) {
    return 1;
  }
  if (c >= 0xc2 && c < 0xe0) {
    return 2;
  }

  return c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
}

/* Shortest forms only, no halves of UTF-16, nothing above U+10FFFF. */
static bool is_valid(const unsigned char *c, size_t len) {
  for (size_t i = 1; i < len; i++) {
    if ((c[i] & 0xc0) != 0x80) {
      return false;
    }
  }

  return len != 0 && !(c[0] == 0xe0 && c[1] < 0xa0) &&
      !(c[0] == 0xed && c[1] > 0x9f) && !(c[0] == 0xf0 && c[1] < 0x90) &&
      !(c[0] == 0xf4 && c[1] > 0x8f);
}

static void take(const char *text, struct character *out) {
  unsigned char c = (unsigned char) *text;
  size_t len = length_by(c);

  if (!is_valid((const unsigned char *) text, len)) {
    (void) snprintf(out->text, sizeof(out->text), "%s", UNKNOWN);
    out->taken = 1;
  } else if (c < ' ') {
    (void) snprintf(out->text, sizeof(out->text), "\\u%04x", c);
    out->taken = 1;
  } else {
    (void) snprintf(out->text, sizeof(out->text), "%s%.*s",
        c == '"' || c == '\\' ? "\\" : "", (int) len, text);
    out->taken = len;
  }
}

const char *ftps_json_quote(const char *text, char *out, size_t size) {
  struct character next;
  size_t at = 0, n;

  while (*text != '\0') {
    take(text, &next);
    n = strlen(next.text);
    if (at + n >= size) {
      break;
    }
    memcpy(out + at, next.text, n);
    at += n;
    text += next.taken;
  }

  out[at] = '\0';
  return out;
}

const char *ftps_json_escape(const void *bytes, size_t len, char *out,
    size_t size) {
  char text[TEXT_SIZE];

  (void) ftps_text_escape(bytes, len, text, sizeof(text));
  return ftps_json_quote(text, out, size);
}
