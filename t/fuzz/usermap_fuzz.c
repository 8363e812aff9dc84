/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * usermap_fuzz.c: TLSUserMapFile (base/usermap.c).
 */
#include "base/usermap.h"

#include "base/error.h"
#include "t/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct ftps_error err;
  struct ftps_usermap *map;

  ftps_error_clear(&err);
  map = ftps_usermap_parse((const char *) data, size, &err);
  CHECK(map != NULL || err.text[0] != '\0');
  ftps_usermap_free(map);
  return 0;
}
