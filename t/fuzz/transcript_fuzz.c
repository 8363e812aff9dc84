/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * transcript_fuzz.c: a text that a session wants signed; it is judged by
 * keys/signer/transcript.c.  What is taken for a handshake has the form of one
 * version, and not one byte more.
 */
#include "keys/signer/transcript.h"

#include <string.h>

#include "t/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  enum ftps_transcript kind = ftps_transcript_judge(data, size);
  const struct ftps_scheme *scheme;

  if (kind == FTPS_TRANSCRIPT_NONE) {
    return 0;
  }

  CHECK(size > 64 && size <= FTPS_TRANSCRIPT_MAX);
  CHECK(ftps_transcript_judge(data, size - 1) == FTPS_TRANSCRIPT_NONE);
  if (kind == FTPS_TRANSCRIPT_TLS13) {
    CHECK(data[64] == 'T' && data[97] == '\0');
    CHECK(size == 98 + 32 || size == 98 + 48);
  }

  scheme = ftps_scheme_find(0x0401);
  CHECK(
      ftps_scheme_fits(scheme, data, size) == (kind == FTPS_TRANSCRIPT_TLS12));
  return 0;
}
