/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * keynumbers_fuzz.c: the page in which the child process that parses keys
 * leaves their numbers (keys/keynumbers.c).  The key that is made of it has the
 * secret number of the page.
 */
#include "keys/keynumbers.h"

#include <string.h>

#include <openssl/err.h>

#include "base/error.h"

#include "t/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static unsigned char page[FTPS_KEYNUMBERS_SIZE];
  const unsigned char *secret;
  struct ftps_error err;
  size_t len = 0;
  EVP_PKEY *key;

  memset(page, 0, sizeof(page));
  memcpy(page, data, size < sizeof(page) ? size : sizeof(page));
  secret = ftps_keynumbers_get0_secret(page, &len);
  if (secret != NULL) {
    CHECK(secret > page && secret + len <= page + sizeof(page));
  }

  ftps_error_clear(&err);
  key = ftps_keynumbers_read(page, &err);
  CHECK((key != NULL) == (err.text[0] == '\0'));
  EVP_PKEY_free(key);
  ERR_clear_error();
  return 0;
}
