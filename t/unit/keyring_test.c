/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keyring_test.c: the ring of ticket secrets (tickets/keyring.h), with the
 * time as an argument.
 */
#include "tickets/keyring.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#define ROOM 4
#define HOUR 3600
#define AGE  (12 * HOUR)

static _Alignas(struct ftps_keyring) unsigned char memory[1024];
static struct ftps_keyring *ring = (struct ftps_keyring *) (void *) memory;

static int empty(void **state) {
  (void) state;
  memset(memory, 0, sizeof(memory));
  assert_true(ftps_keyring_size(ROOM) <= sizeof(memory));
  ring->room = ROOM;
  return 0;
}

/* A secret of one byte all over. */
static const unsigned char *secret_of(char c) {
  static unsigned char secrets[256][FTPS_TICKET_SECRET_SIZE];
  unsigned char *secret = secrets[(unsigned char) c];

  memset(secret, c, FTPS_TICKET_SECRET_SIZE);
  return secret;
}

static void add(char c, int64_t begins, int64_t expires) {
  assert_int_equal(ftps_keyring_add(ring, secret_of(c), begins, expires), 0);
}

/* The ring as letters, newest first. */
static const char *letters(void) {
  static char text[32];

  for (size_t i = 0; i < ring->n; i++) {
    text[i] = (char) ring->secrets[i].bytes[0];
  }
  text[ring->n] = '\0';
  return text;
}

static char letter_of(const struct ftps_ticket_secret *secret) {
  char letter = '-';

  if (secret != NULL) {
    memcpy(&letter, secret->bytes, 1);
  }
  return letter;
}

static bool is_in_memory(char c) {
  return memmem(memory, sizeof(memory), secret_of(c), 8) != NULL;
}

static void is_in_order_of_age(void **state) {
  (void) state;
  add('b', 200, 1200);
  add('a', 100, 1100);
  add('c', 300, 1300);
  assert_string_equal(letters(), "cba");
  add('C', 300, 1300);
  assert_string_equal(letters(), "Ccba");
}

static void leaves_the_oldest_out(void **state) {
  (void) state;
  for (int c = 'a'; c <= 'f'; c++) {
    add((char) c, 100 * c, 100 * c + 1000);
  }
  assert_string_equal(letters(), "fedc");
  assert_false(is_in_memory('a'));
  assert_false(is_in_memory('b'));

  add('a', 100, 1000);
  assert_string_equal(letters(), "fedc");
}

static void dates_what_it_has_anew(void **state) {
  (void) state;
  add('a', 100, 1100);
  add('b', 200, 1200);
  add('a', 200, 1300);
  assert_string_equal(letters(), "ab");
  assert_int_equal(ring->secrets[0].expires, 1300);
}

static void chooses_what_has_begun(void **state) {
  (void) state;
  assert_null(ftps_keyring_current(ring, 100));
  add('a', 100, 1100);
  add('b', 200, 1200);
  assert_int_equal(letter_of(ftps_keyring_current(ring, 99)), 'a');
  assert_int_equal(letter_of(ftps_keyring_current(ring, 199)), 'a');
  assert_int_equal(letter_of(ftps_keyring_current(ring, 200)), 'b');
}

static void finds_by_name_until_it_expires(void **state) {
  unsigned char name[FTPS_TICKET_NAME_SIZE] = { 0 };

  (void) state;
  add('a', 100, 1100);
  add('b', 200, 1200);
  memcpy(name, ring->secrets[1].id, FTPS_TICKET_ID_SIZE);
  assert_int_equal(letter_of(ftps_keyring_find(ring, name, 1099)), 'a');
  assert_null(ftps_keyring_find(ring, name, 1100));
  name[0] ^= 1;
  assert_null(ftps_keyring_find(ring, name, 300));
}

static void wipes_what_has_expired(void **state) {
  (void) state;
  add('a', 100, 1100);
  add('b', 200, 1200);
  ftps_keyring_expire(ring, 1099);
  assert_string_equal(letters(), "ba");
  ftps_keyring_expire(ring, 1100);
  assert_string_equal(letters(), "b");
  assert_false(is_in_memory('a'));
  ftps_keyring_clear(ring);
  assert_string_equal(letters(), "");
  assert_false(is_in_memory('b'));
}

static void lives_longer_or_shorter(void **state) {
  (void) state;
  add('a', 100, 1100);
  add('b', 200, 1200);
  ftps_keyring_set_age(ring, 300);
  ftps_keyring_expire(ring, 400);
  assert_string_equal(letters(), "b");
  assert_int_equal(ring->secrets[0].expires, 500);
}

static void rotates_by_the_hour(void **state) {
  unsigned char first[FTPS_TICKET_SECRET_SIZE];

  (void) state;
  assert_int_equal(ftps_keyring_interval(AGE), HOUR);
  assert_int_equal(ftps_keyring_rotate(ring, AGE, 15, 1000), 0);
  assert_int_equal(ring->n, 1);
  memcpy(first, ring->secrets[0].bytes, sizeof(first));

  assert_int_equal(ftps_keyring_rotate(ring, AGE, 15, 1000 + HOUR - 16), 0);
  assert_int_equal(ring->n, 1);
  assert_int_equal(ftps_keyring_rotate(ring, AGE, 15, 1000 + HOUR - 15), 0);
  assert_int_equal(ring->n, 2);
  assert_memory_not_equal(ring->secrets[0].bytes, first, sizeof(first));
  assert_memory_equal(ring->secrets[1].bytes, first, sizeof(first));
  assert_int_equal(ring->secrets[1].expires, 1000 + AGE);
}

/* The new one is there before the old one expires. */
static void rotates_before_a_short_age(void **state) {
  (void) state;
  assert_int_equal(ftps_keyring_interval(60), 59);
  assert_int_equal(ftps_keyring_rotate(ring, 60, 15, 0), 0);
  assert_int_equal(ftps_keyring_rotate(ring, 60, 15, 30), 0);
  assert_int_equal(ring->n, 1);
  assert_int_equal(ftps_keyring_rotate(ring, 60, 15, 45), 0);
  assert_int_equal(ring->n, 2);
  assert_int_equal(ftps_keyring_rotate(ring, 60, 15, 60), 0);
  assert_int_equal(ring->n, 1);
  assert_int_equal(ring->secrets[0].begins, 45);
}

/* The library's HKDF, mode "expand only". */
static void derive_with_library(const unsigned char *secret, const char *label,
    size_t len, unsigned char *out) {
  EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
  EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
  unsigned char key[FTPS_TICKET_SECRET_SIZE];
  char digest[] = "SHA256", info[64];
  int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
  OSSL_PARAM params[] = { OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key, sizeof(key)),
    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, strlen(label)),
    OSSL_PARAM_construct_end() };

  memcpy(key, secret, sizeof(key));
  /* NOLINTNEXTLINE: its length is given */
  memcpy(info, label, strlen(label));
  assert_int_equal(EVP_KDF_derive(ctx, out, len, params), 1);
  EVP_KDF_CTX_free(ctx);
  EVP_KDF_free(kdf);
}

static void derives_as_documented(void **state) {
  struct ftps_ticket_keys keys;
  unsigned char expected[64];

  (void) state;
  add('a', 100, 1100);
  assert_int_equal(ftps_keyring_derive(&ring->secrets[0],
                       (const unsigned char *) "12345678", &keys),
      0);

  derive_with_library(secret_of('a'), "mod_ftps ticket id", 8, expected);
  assert_memory_equal(keys.name, expected, 8);
  assert_memory_equal(keys.name + 8, "12345678", 8);
  derive_with_library(secret_of('a'), "mod_ftps ticket keys12345678", 64,
      expected);
  assert_memory_equal(keys.aes, expected, 32);
  assert_memory_equal(keys.hmac, expected + 32, 32);
}

static void extracts_from_anything(void **state) {
  unsigned char a[FTPS_TICKET_SECRET_SIZE], b[FTPS_TICKET_SECRET_SIZE];

  (void) state;
  assert_int_equal(ftps_keyring_extract((const unsigned char *) "x", 1, a), 0);
  assert_int_equal(ftps_keyring_extract((const unsigned char *) "y", 1, b), 0);
  assert_memory_not_equal(a, b, sizeof(a));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(is_in_order_of_age, empty),
    cmocka_unit_test_setup(leaves_the_oldest_out, empty),
    cmocka_unit_test_setup(dates_what_it_has_anew, empty),
    cmocka_unit_test_setup(chooses_what_has_begun, empty),
    cmocka_unit_test_setup(finds_by_name_until_it_expires, empty),
    cmocka_unit_test_setup(wipes_what_has_expired, empty),
    cmocka_unit_test_setup(lives_longer_or_shorter, empty),
    cmocka_unit_test_setup(rotates_by_the_hour, empty),
    cmocka_unit_test_setup(rotates_before_a_short_age, empty),
    cmocka_unit_test_setup(derives_as_documented, empty),
    cmocka_unit_test(extracts_from_anything),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
