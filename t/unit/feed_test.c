/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * feed_test.c: keys on their way to the processes that keep them
 * (keys/signer/feed.h), and out of them.
 */
#include "keys/signer/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "keys/keynumbers.h"

static int ends[2];
static unsigned char numbers[FTPS_KEYNUMBERS_SIZE];
static struct ftps_signer_keys keys;

static int open_pair(void **state) {
  (void) state;
  return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
}

static int close_pair(void **state) {
  (void) state;
  (void) close(ends[0]);
  (void) close(ends[1]);
  return 0;
}

static void feed(unsigned char id) {
  struct ftps_place place = { .port = 21 };
  struct ftps_signer_key key = { .places = &place, .place_count = 1 };
  size_t index = 99;

  memset(key.id, id, sizeof(key.id));
  memset(numbers, id, sizeof(numbers));
  assert_int_equal(ftps_feed_send(ends[0], &key, numbers), 0);
  assert_int_equal(ftps_feed_receive(ends[1], &keys, &index), 1);
  assert_memory_equal(keys.list[index].id, key.id, sizeof(key.id));
  assert_memory_equal(keys.list[index].numbers, numbers, sizeof(numbers));
}

static void forget(unsigned char id) {
  unsigned char whole[FTPS_CHANNEL_ID];
  size_t unused;

  memset(whole, id, sizeof(whole));
  assert_int_equal(ftps_feed_send_forget(ends[0], whole), 0);
  assert_int_equal(ftps_feed_receive(ends[1], &keys, &unused),
      FTPS_FEED_FORGET);
  assert_memory_equal(keys.forgotten, whole, sizeof(whole));
}

static bool has(unsigned char id) {
  for (size_t i = 0; i < keys.count; i++) {
    if (keys.list[i].id[0] == id) {
      return true;
    }
  }

  return false;
}

static void keys_come_and_go(void **state) {
  (void) state;
  feed(1);
  feed(2);
  feed(3);
  feed(2);
  assert_int_equal(keys.count, 3);

  forget(1);
  assert_int_equal(keys.count, 2);
  assert_false(has(1));
  assert_true(has(2) && has(3));

  forget(9);
  assert_int_equal(keys.count, 2);
  feed(1);
  assert_true(has(1));
  forget(3);
  forget(2);
  forget(1);
  assert_int_equal(keys.count, 0);
  OPENSSL_free(keys.list);
}

static void nonsense_changes_nothing(void **state) {
  static const uint32_t magics[] = { 0, 0x46505446U, 0x53505446U, 0x4b505446U };
  unsigned char bytes[64];
  size_t unused;

  (void) state;
  memset(&keys, 0, sizeof(keys));
  for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
    memset(bytes, 0, sizeof(bytes));
    memcpy(bytes, &magics[i], sizeof(magics[i]));
    assert_int_equal(send(ends[0], bytes, 35, 0), 35);
    assert_int_equal(ftps_feed_receive(ends[1], &keys, &unused), -1);
  }
  assert_int_equal(keys.count, 0);
}

/* A pipe: receiving fails each time, while poll() sees bytes. */
static void what_always_fails_is_the_end(void **state) {
  size_t unused;

  (void) state;
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(write(ends[1], "x", 1), 1);
  assert_int_equal(ftps_feed_receive(ends[0], &keys, &unused), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(keys_come_and_go, open_pair, close_pair),
    cmocka_unit_test_setup_teardown(nonsense_changes_nothing, open_pair,
        close_pair),
    cmocka_unit_test_teardown(what_always_fails_is_the_end, close_pair),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
