/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * budget_fuzz.c: the accounts of handshakes (host/control/budget.h), to which
 * every session can write.  The input is what one wrote into each set of them;
 * one of its accounts is that of the client.  Whatever it is, the client may
 * make a handshake two windows later.
 */
#include "host/control/budget.h"

#include <string.h>

#include "t/fuzz/fuzz.h"

#define SET_SIZE 64U /* four accounts: key, time */
#define SETS     (FTPS_BUDGET_ACCOUNTS / 4U)
#define SECONDS  60U
#define NOW      1000000U

static void fill(struct ftps_budget *budget, const unsigned char *set) {
  unsigned char *at = (unsigned char *) budget;

  for (size_t i = 0; i < SETS; i++) {
    memcpy(at + i * SET_SIZE, set, SET_SIZE);
  }
}

static void use(struct ftps_budget *budget,
    const struct ftps_budget_client *client, unsigned int units) {
  bool may_tell = ftps_budget_may_tell(budget, NOW);

  CHECK(!may_tell || !ftps_budget_may_tell(budget, NOW + 1));
  (void) ftps_budget_take(budget, client, NOW);
  ftps_budget_add(budget, client, units, NOW);
  CHECK(ftps_budget_take(budget, client, NOW + 2 * SECONDS * 1000));
  ftps_budget_return(budget, client, units);
  CHECK(ftps_budget_take(budget, client, NOW + 4 * SECONDS * 1000));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct ftps_budget *budget;
  struct ftps_budget_client client = { .count = 1, .seconds = SECONDS };
  unsigned char set[SET_SIZE] = { 0 };

  if (budget == NULL) {
    budget = ftps_budget_new();
    CHECK(budget != NULL);
  }
  if (size < 3) {
    return 0;
  }

  client.count += data[0];
  ftps_budget_identify(budget, (const unsigned char *) "\x7f\0\0\1", 4,
      &client);
  memcpy(set, data + 3, size - 3 < SET_SIZE ? size - 3 : SET_SIZE);
  if (data[1] < 4) {
    memcpy(set + data[1] * sizeof(uint64_t) * 2, &client.key,
        sizeof(client.key));
  }
  fill(budget, set);
  use(budget, &client, data[2]);
  return 0;
}
