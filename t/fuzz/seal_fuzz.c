/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * seal_fuzz.c: values that a cache returns (cache/seal.c).  The first byte
 * says whether the rest is a value that the cache made up, or one that was
 * sealed here and that the cache has changed: the second byte is what it adds
 * to the byte at the place in the third and fourth.
 *
 * Nothing opens that was not sealed here, in this place, and left as it was.
 */
#include "cache/seal.h"

#include <string.h>

#include "t/fuzz/fuzz.h"

#define NOW  1800000000
#define ROOM 20000

static const unsigned char secrets[2 * FTPS_SEAL_SECRET_SIZE] = "two secrets";
static const unsigned char host[FTPS_SEAL_HOST_SIZE] = "host";
static unsigned char sealed[ROOM], opened[ROOM];

static struct ftps_seal make_place(const char *name) {
  const struct ftps_seal seal = { .secrets = secrets,
    .count = 2,
    .use = 's',
    .host = host,
    .name = name,
    .name_len = strlen(name) };

  return seal;
}

static void change_sealed(const uint8_t *data, size_t size) {
  const struct ftps_seal seal = make_place("name"), other = make_place("nam");
  size_t at, len;

  if (size < 4 || size > ROOM - FTPS_SEAL_OVERHEAD) {
    return;
  }

  len = ftps_seal_close(&seal, data + 3, size - 3, NOW + 60, sealed);
  CHECK(len == size - 3 + FTPS_SEAL_OVERHEAD);
  CHECK(ftps_seal_open(&other, sealed, len, NOW, opened) == 0);
  CHECK(ftps_seal_open(&seal, sealed, len, NOW + 61, opened) == 0);
  CHECK(ftps_seal_open(&seal, sealed, len, NOW, opened) == size - 3);
  CHECK(memcmp(opened, data + 3, size - 3) == 0);
  CHECK(ftps_seal_open(&seal, sealed, len - 1, NOW, opened) == 0);

  at = (size_t) (data[1] << 8 | data[2]) % len;
  sealed[at] = (unsigned char) (sealed[at] + data[0]);
  len = ftps_seal_open(&seal, sealed, len, NOW, opened);
  CHECK(len == (data[0] == 0 ? size - 3 : 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const struct ftps_seal seal = make_place("name");

  if (size > 0 && *data % 2 == 0) {
    CHECK(ftps_seal_open(&seal, data + 1, size - 1, NOW, opened) == 0);
  } else if (size > 0) {
    change_sealed(data + 1, size - 1);
  }
  return 0;
}
