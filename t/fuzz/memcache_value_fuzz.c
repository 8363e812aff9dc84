/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * memcache_value_fuzz.c: values out of memcached (memcache/value.c).  What is
 * taken for a value is the same when it is written again.
 */
#include "memcache/value.h"

#include <string.h>

#include "t/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  unsigned char header[FTPS_VALUE_HEADER];
  struct ftps_value value;

  if (ftps_value_decode(data, size, &value) == 0) {
    CHECK(value.data == data + FTPS_VALUE_HEADER);
    CHECK(value.len == size - FTPS_VALUE_HEADER);
    ftps_value_encode(&value, header);
    CHECK(memcmp(header, data, sizeof(header)) == 0);
  }

  return 0;
}
