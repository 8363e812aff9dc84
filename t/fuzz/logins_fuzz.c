/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * logins_fuzz.c: the table of logins (tickets/logins.h), to which every session
 * can write.  The input is what one wrote into the set of a ticket's name.
 * Nothing there opens but what this login has sealed.
 */
#include "tickets/logins.h"

#include <string.h>

#include "t/fuzz/fuzz.h"

#define SET_SIZE 4096U /* a set is smaller, the table much larger */

/* The end of a name says which set it belongs to: this one to the first. */
static const struct ftps_ticket_keys keys = { .name = "0123456789abcd",
  .aes = "aes",
  .hmac = "hmac" };

static struct ftps_logins *begin(void) {
  struct ftps_logins *logins = ftps_logins_new();

  CHECK(logins != NULL);
  ftps_logins_begin(logins, "\x7f\0\0\1", 4);
  return logins;
}

/* The table is the first member. */
static void fill(const struct ftps_logins *logins, const uint8_t *data,
    size_t size) {
  unsigned char *table;

  memcpy(&table, logins, sizeof(table));
  memset(table, 0, SET_SIZE);
  memcpy(table, data, size < SET_SIZE ? size : SET_SIZE);
}

static void use(struct ftps_logins *logins) {
  struct ftps_ticket_keys found;

  CHECK(!ftps_logins_find(logins, FTPS_LOGINS_TICKET, keys.name, &found));
  (void) ftps_logins_is_announced(logins, keys.name);
  (void) ftps_logins_claim(logins, FTPS_LOGINS_TICKET, &keys);
  ftps_logins_add(logins, FTPS_LOGINS_TICKET, &keys);
  CHECK(ftps_logins_find(logins, FTPS_LOGINS_TICKET, keys.name, &found));
  CHECK(memcmp(&found, &keys, sizeof(found)) == 0);
  CHECK(!ftps_logins_find(logins, FTPS_LOGINS_ID, keys.name, &found));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct ftps_logins *before, *after;

  if (after == NULL) {
    before = begin();
    after = begin();
    ftps_logins_enter(after, "proftpd", 7);
  }

  fill(before, data, size);
  ftps_logins_announce(before, keys.name);
  ftps_logins_withdraw(before, keys.name);
  fill(after, data, size);
  use(after);
  return 0;
}
