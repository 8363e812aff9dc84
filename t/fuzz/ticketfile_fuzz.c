/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ticketfile_fuzz.c: TLSSessionTicketKeys file (tickets/ticketfile.c).
 */
#include "tickets/ticketfile.h"

#include "t/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct ftps_ticketfile file;
  struct ftps_error err;

  ftps_error_clear(&err);
  if (ftps_ticketfile_parse(data, size, &file, &err) == 0) {
    CHECK(file.n >= 1 && file.n <= FTPS_TICKETFILE_KEYS_MAX);
  } else {
    CHECK(err.text[0] != '\0');
  }

  return 0;
}
