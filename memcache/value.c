/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * value.c: see value.h.
 */
#include "value.h"

#include <string.h>

#include "base/bytes.h"

static const char mark[4] = { 'm', 'F', 'T', '1' };

void ftps_value_encode(const struct ftps_value *value, unsigned char *out) {
  memcpy(out, mark, sizeof(mark));
  ftps_bytes_put(out + 4, 8, value->generation);
  ftps_bytes_put(out + 12, 8, (uint64_t) value->expires);
  ftps_bytes_put(out + 20, 4, value->len);
}

int ftps_value_decode(const unsigned char *bytes, size_t len,
    struct ftps_value *value_out) {
  uint64_t expires;

  if (len < FTPS_VALUE_HEADER || memcmp(bytes, mark, sizeof(mark)) != 0 ||
      ftps_bytes_get(bytes + 20, 4) != len - FTPS_VALUE_HEADER) {
    return -1;
  }

  expires = ftps_bytes_get(bytes + 12, 8);
  value_out->expires = (time_t) expires; /* which may have 32 bits */
  if (value_out->expires < 0 || (uint64_t) value_out->expires != expires) {
    return -1;
  }

  value_out->generation = ftps_bytes_get(bytes + 4, 8);
  value_out->data = bytes + FTPS_VALUE_HEADER;
  value_out->len = len - FTPS_VALUE_HEADER;
  return 0;
}
