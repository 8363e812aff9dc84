/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keynumbers_fuzz.c: the page in which the child process that parses keys
 * leaves their numbers (keys/keynumbers.c).  A page from which a key can be
 * made has a secret, which stays when the numbers are removed.
 */
#include "keys/keynumbers.h"

#include <string.h>

#include <openssl/err.h>

#include "base/error.h"

#include "t/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static unsigned char page[FTPS_KEYNUMBERS_SIZE];
  unsigned char secret[FTPS_KEYNUMBERS_DERIVED_SIZE], again[sizeof(secret)];
  struct ftps_error err;
  EVP_PKEY *key;
  int res;

  memset(page, 0, sizeof(page));
  memcpy(page, data, size < sizeof(page) ? size : sizeof(page));
  res = ftps_keynumbers_derive(page, secret);

  ftps_error_clear(&err);
  key = ftps_keynumbers_read(page, &err);
  CHECK((key != NULL) == (err.text[0] == '\0'));
  CHECK(key == NULL || res == 0);
  EVP_PKEY_free(key);

  ftps_keynumbers_reduce(page);
  CHECK(ftps_keynumbers_derive(page, again) == res);
  CHECK(res < 0 || memcmp(secret, again, sizeof(secret)) == 0);
  ERR_clear_error();
  return 0;
}
