/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * memcache_wire_fuzz.c: answers of a memcached server (memcache/wire.c).
 */
#include "memcache/wire.h"

#include "t/fuzz/fuzz.h"

static bool is_inside(const void *part, size_t len, const uint8_t *data,
    size_t size) {
  const uint8_t *at = part;

  return len == 0 || (at >= data && at + len <= data + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct ftps_wire_item item;
  size_t used;

  while (size > 0 && (used = ftps_wire_take(data, size, &item)) > 0) {
    CHECK(used <= size);
    if (item.kind == FTPS_WIRE_VALUE || item.kind == FTPS_WIRE_STAT) {
      CHECK(is_inside(item.name, item.name_len, data, used));
      CHECK(is_inside(item.data, item.data_len, data, used));
      CHECK(item.data_len <= FTPS_WIRE_VALUE_MAX);
    }
    data += used;
    size -= used;
  }

  return 0;
}
