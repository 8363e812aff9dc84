/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * hello_fuzz.c: a server name and an identity out of a ClientHello
 * (conn/hello.c).  What is taken for a name is one: printable, bounded.
 */
#include "conn/hello.h"

#include <string.h>

#include "t/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char name[FTPS_HOST_NAME_MAX + 1];
  const unsigned char *identity = ftps_hello_get0_identity(data, size, 16);

  CHECK(identity == NULL ||
      (identity >= data && (size_t) (identity - data) + 16 <= size));
  (void) ftps_hello_is_tls(data, size);
  if (ftps_hello_server_name(data, size, name) == FTPS_HELLO_NAME) {
    CHECK(strlen(name) > 0 && strlen(name) <= FTPS_HOST_NAME_MAX);
    for (const char *c = name; *c != '\0'; c++) {
      CHECK(*c > ' ' && *c < 127);
    }
  }

  return 0;
}
