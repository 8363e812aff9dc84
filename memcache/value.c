/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * value.c: see value.h.
 */
#include "value.h"

#include <string.h>

static const char mark[4] = { 'm', 'F', 'T', '1' };

static void write_number(unsigned char *out, uint64_t number, size_t bytes) {
  for (size_t i = bytes; i > 0; i--) {
    out[i - 1] = (unsigned char) (number & 0xff);
    number >>= 8;
  }
}

static uint64_t read_number(const unsigned char *in, size_t bytes) {
  uint64_t number = 0;

  for (size_t i = 0; i < bytes; i++) {
    number = number << 8 | in[i];
  }
  return number;
}

void ftps_value_encode(const struct ftps_value *value, unsigned char *out) {
  memcpy(out, mark, sizeof(mark));
  write_number(out + 4, value->generation, 8);
  write_number(out + 12, (uint64_t) value->expires, 8);
  write_number(out + 20, value->len, 4);
}

int ftps_value_decode(const unsigned char *bytes, size_t len,
    struct ftps_value *value_out) {
  uint64_t expires;

  if (len < FTPS_VALUE_HEADER || memcmp(bytes, mark, sizeof(mark)) != 0 ||
      read_number(bytes + 20, 4) != len - FTPS_VALUE_HEADER) {
    return -1;
  }

  expires = read_number(bytes + 12, 8);
  value_out->expires = (time_t) expires; /* which may have 32 bits */
  if (value_out->expires < 0 || (uint64_t) value_out->expires != expires) {
    return -1;
  }

  value_out->generation = read_number(bytes + 4, 8);
  value_out->data = bytes + FTPS_VALUE_HEADER;
  value_out->len = len - FTPS_VALUE_HEADER;
  return 0;
}
