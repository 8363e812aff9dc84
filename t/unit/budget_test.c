/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * budget_test.c: handshakes without a login, over all processes
 * (host/control/budget.h).
 */
#include "host/control/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define T0 UINT64_C(5000000)

static const unsigned char v4[4] = { 192, 0, 2, 7 };
static const unsigned char other4[4] = { 192, 0, 2, 8 };

static struct ftps_budget *budget;

static int make(void **state) {
  (void) state;
  budget = ftps_budget_new();
  return budget != NULL ? 0 : -1;
}

static struct ftps_budget_client client_of(const unsigned char *address,
    size_t len) {
  struct ftps_budget_client client = { .count = 10, .seconds = 5 };

  ftps_budget_identify(budget, address, len, &client);
  return client;
}

static unsigned int take_all(const struct ftps_budget_client *client,
    uint64_t now) {
  unsigned int n = 0;

  while (n < 100000 && ftps_budget_take(budget, client, now)) {
    n++;
  }
  return n;
}

static void count_and_window(void **state) {
  struct ftps_budget_client client = client_of(v4, 4);
  struct ftps_budget_client other = client_of(other4, 4);

  (void) state;
  assert_int_equal(take_all(&client, T0), 10);
  assert_int_equal(take_all(&client, T0 + 499), 0);
  assert_int_equal(take_all(&client, T0 + 500), 1);
  assert_int_equal(take_all(&client, T0 + 3000), 5);
  assert_int_equal(take_all(&client, T0 + 60000), 10);
  assert_int_equal(take_all(&other, T0 + 60000), 10);
}

static void no_limit(void **state) {
  struct ftps_budget_client client = client_of(v4, 4);

  (void) state;
  client.count = 0;
  assert_int_equal(take_all(&client, T0), 100000);
  ftps_budget_add(budget, &client, 5, T0);
  ftps_budget_return(budget, &client, 5);
  client.count = 1;
  assert_int_equal(take_all(&client, T0), 1);
  assert_true(ftps_budget_take(NULL, &client, T0));
  ftps_budget_identify(NULL, v4, 4, &client);
  assert_true(client.key == 0);
}

/* A login gives everything back, and no more than that. */
static void logins_are_free(void **state) {
  struct ftps_budget_client client = client_of(v4, 4);

  (void) state;
  for (int i = 0; i < 1000; i++) {
    assert_true(ftps_budget_take(budget, &client, T0));
    ftps_budget_add(budget, &client, 2, T0);
    ftps_budget_return(budget, &client, 3);
  }
  assert_int_equal(take_all(&client, T0), 10);
  ftps_budget_return(budget, &client, 1000);
  assert_int_equal(take_all(&client, T0), 10);
}

static void what_costs_much(void **state) {
  struct ftps_budget_client client = client_of(v4, 4);

  (void) state;
  assert_int_equal(ftps_budget_extra(0), 0);
  assert_int_equal(ftps_budget_extra(3), 0);
  assert_int_equal(ftps_budget_extra(11), 2);
  assert_int_equal(ftps_budget_extra(126), 31);
  assert_true(ftps_budget_extra(UINT64_MAX) < 100000);
  assert_int_equal(ftps_budget_signature(0), 0);
  assert_int_equal(ftps_budget_signature(3072), 0);
  assert_int_equal(ftps_budget_signature(4096), 1);
  assert_int_equal(ftps_budget_signature(8192), 8);
  assert_true(ftps_budget_take(budget, &client, T0));
  ftps_budget_add(budget, &client, ftps_budget_extra(20), T0);
  assert_int_equal(take_all(&client, T0), 4);
}

/* Whatever somebody owes is over after two windows. */
static void not_for_ever(void **state) {
  struct ftps_budget_client client = client_of(v4, 4);

  (void) state;
  for (int i = 0; i < 100; i++) {
    ftps_budget_add(budget, &client, 4000000000U, T0);
  }
  assert_int_equal(take_all(&client, T0 + 5000), 0);
  assert_int_equal(take_all(&client, T0 + 10000), 10);
}

static void nonsense_in_the_block(void **state) {
  struct ftps_budget_client client = client_of(v4, 4);
  uint64_t *words = (uint64_t *) budget;

  (void) state;
  assert_true(ftps_budget_take(budget, &client, T0));
  for (size_t i = 0; i < (size_t) FTPS_BUDGET_ACCOUNTS * 2; i++) {
    words[i] = words[i] == client.key ? client.key : UINT64_MAX;
  }
  assert_int_equal(take_all(&client, T0), 0);
  assert_int_equal(take_all(&client, T0 + 10000), 10);
  for (size_t i = 0; i < (size_t) FTPS_BUDGET_ACCOUNTS * 2; i++) {
    words[i] = 0;
  }
  assert_int_equal(take_all(&client, T0), 10);
}

static void which_addresses_are_one(void **state) {
  unsigned char v6[16] = { 0x20, 0x01, 0x0d, 0xb8 };
  unsigned char mapped[16] = { [10] = 0xff, [11] = 0xff };
  struct ftps_budget_client other = { .count = 10, .seconds = 6 };
  uint64_t key = client_of(v6, 16).key;

  (void) state;
  v6[15] = 1;
  assert_true(client_of(v6, 16).key == key);
  v6[7] = 1;
  assert_true(client_of(v6, 16).key != key);
  memcpy(mapped + 12, v4, 4);
  assert_true(client_of(mapped, 16).key == client_of(v4, 4).key);
  assert_true(client_of(other4, 4).key != client_of(v4, 4).key);
  ftps_budget_identify(budget, v4, 4, &other);
  assert_true(other.key != client_of(v4, 4).key);
}

/* Many addresses do not push out the one that owes most. */
static void many_addresses(void **state) {
  struct ftps_budget_client client = client_of(v4, 4);
  unsigned int refused = 0;

  (void) state;
  assert_int_equal(take_all(&client, T0), 10);
  for (unsigned int i = 0; i < 200000; i++) {
    unsigned char address[4];
    struct ftps_budget_client stranger;

    memcpy(address, &i, sizeof(address));
    stranger = client_of(address, 4);
    refused += ftps_budget_take(budget, &stranger, T0) ? 0 : 1;
  }
  assert_int_equal(refused, 0);
  assert_int_equal(take_all(&client, T0), 0);
}

static void all_processes(void **state) {
  struct ftps_budget_client client = client_of(v4, 4);
  unsigned int sum = 0;
  int fds[2];

  (void) state;
  client.count = 10000;
  assert_int_equal(pipe(fds), 0);
  for (int i = 0; i < 4; i++) {
    if (fork() == 0) {
      unsigned int n = take_all(&client, T0);

      _exit(write(fds[1], &n, sizeof(n)) == sizeof(n) ? 0 : 1);
    }
  }
  for (int i = 0; i < 4; i++) {
    unsigned int n = 0;
    int status = 1;

    assert_int_equal(read(fds[0], &n, sizeof(n)), sizeof(n));
    assert_true(wait(&status) > 0);
    assert_int_equal(status, 0);
    sum += n;
  }
  assert_int_equal(sum, 10000);
  (void) close(fds[0]);
  (void) close(fds[1]);
}

static void telling(void **state) {
  (void) state;
  assert_false(ftps_budget_may_tell(NULL, T0));
  assert_true(ftps_budget_may_tell(budget, T0));
  assert_false(ftps_budget_may_tell(budget, T0 + 59999));
  assert_true(ftps_budget_may_tell(budget, T0 + 60000));
  assert_true(ftps_budget_may_tell(budget, T0));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(count_and_window, make),
    cmocka_unit_test_setup(no_limit, make),
    cmocka_unit_test_setup(logins_are_free, make),
    cmocka_unit_test_setup(what_costs_much, make),
    cmocka_unit_test_setup(not_for_ever, make),
    cmocka_unit_test_setup(nonsense_in_the_block, make),
    cmocka_unit_test_setup(which_addresses_are_one, make),
    cmocka_unit_test_setup(many_addresses, make),
    cmocka_unit_test_setup(all_processes, make),
    cmocka_unit_test_setup(telling, make),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
