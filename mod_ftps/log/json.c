/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * json.c: see json.h.
 */
#include "log/json.h"

#include <stdbool.h>
#include <string.h>

#include "base/x509_text.h"

/* Longer texts are cut. */
#define TEXT_SIZE 4096

static bool is_special(char c) {
  return c == '"' || c == '\\';
}

/* The bytes of one character: its first byte, and those that continue it. */
static size_t length_of(const char *text) {
  size_t n = 1;

  while ((text[n] & 0xc0) == 0x80) {
    n++;
  }

  return n;
}

const char *ftps_json_quote(const char *text, char *out, size_t size) {
  size_t at = 0;

  while (*text != '\0') {
    size_t n = length_of(text);

    if (at + n + (is_special(*text) ? 1 : 0) >= size) {
      break;
    }
    if (is_special(*text)) {
      out[at++] = '\\';
    }
    memcpy(out + at, text, n);
    at += n;
    text += n;
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
