/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keynumbers_test.c: keys through a page and back; pages that lie.
 *
 * Every page ends at the last byte of a readable mapping, so that reading past
 * it is a crash and not luck.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/dsa.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/error.h"
#include "keys/keynumbers.h"

/* Offsets in a page: magic, version, type, then the lengths. */
#define OFFSET_TYPE    8
#define OFFSET_LENGTHS 12
#define HEADER_SIZE    (12 + 11 * 4)

static unsigned char *page;

static int make_page(void **state) {
  size_t guard = (size_t) sysconf(_SC_PAGESIZE);
  unsigned char *map;

  (void) state;
  map = mmap(NULL, FTPS_KEYNUMBERS_SIZE + guard, PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED ||
      mprotect(map + FTPS_KEYNUMBERS_SIZE, guard, PROT_NONE) < 0) {
    return -1;
  }

  page = map;
  return 0;
}

static EVP_PKEY *new_rsa(unsigned int bits, unsigned int primes) {
  EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
  EVP_PKEY *key = NULL;

  assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
  assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int) bits), 1);
  assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_primes(ctx, (int) primes), 1);
  assert_int_equal(EVP_PKEY_keygen(ctx, &key), 1);
  EVP_PKEY_CTX_free(ctx);
  return key;
}

static const EVP_MD *digest_of(const EVP_PKEY *key) {
  return EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448")
      ? NULL
      : EVP_sha256();
}

static void assert_signs(EVP_PKEY *signer, EVP_PKEY *verifier) {
  static const unsigned char text[] = "a text to be signed";
  unsigned char sig[2048];
  size_t len = sizeof(sig);
  EVP_MD_CTX *md = EVP_MD_CTX_new();

  assert_int_equal(EVP_DigestSignInit(md, NULL, digest_of(signer), NULL,
                       signer),
      1);
  assert_int_equal(EVP_DigestSign(md, sig, &len, text, sizeof(text)), 1);
  EVP_MD_CTX_free(md);

  md = EVP_MD_CTX_new();
  assert_int_equal(EVP_DigestVerifyInit(md, NULL, digest_of(verifier), NULL,
                       verifier),
      1);
  assert_int_equal(EVP_DigestVerify(md, sig, len, text, sizeof(text)), 1);
  EVP_MD_CTX_free(md);
}

static void assert_round_trip(EVP_PKEY *key) {
  struct ftps_error err;
  EVP_PKEY *copy;

  ftps_error_clear(&err);
  assert_non_null(key);
  if (ftps_keynumbers_write(key, page, &err) < 0) {
    fail_msg("%s", err.text);
  }

  assert_int_equal(mprotect(page, FTPS_KEYNUMBERS_SIZE, PROT_READ), 0);
  copy = ftps_keynumbers_read(page, &err);
  assert_int_equal(mprotect(page, FTPS_KEYNUMBERS_SIZE, PROT_READ | PROT_WRITE),
      0);
  if (copy == NULL) {
    fail_msg("%s", err.text);
  }

  /* The key must live without its page. */
  memset(page, 0xff, FTPS_KEYNUMBERS_SIZE);
  assert_string_equal(err.text, "");
  assert_int_equal(EVP_PKEY_eq(key, copy), 1);
  assert_signs(copy, key);
  assert_signs(key, copy);
  EVP_PKEY_free(copy);
  EVP_PKEY_free(key);
}

static void rsa_comes_back(void **state) {
  (void) state;
  assert_round_trip(new_rsa(1024, 2));
  assert_round_trip(new_rsa(2048, 2));
  assert_round_trip(new_rsa(3072, 2));
}

static void rsa_4096_comes_back(void **state) {
  (void) state;
  assert_round_trip(new_rsa(4096, 2));
}

static void ec_comes_back(void **state) {
  static const char *const groups[] = { "P-256", "P-384", "P-521", "secp256k1",
    "brainpoolP256r1" };
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
    assert_round_trip(EVP_EC_gen(groups[i]));
  }
}

static void ec_compressed_point_comes_back(void **state) {
  EVP_PKEY *key = EVP_EC_gen("P-256");

  (void) state;
  assert_int_equal(EVP_PKEY_set_utf8_string_param(key,
                       OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                       "compressed"),
      1);
  assert_round_trip(key);
}

static void edwards_comes_back(void **state) {
  (void) state;
  assert_round_trip(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
  assert_round_trip(EVP_PKEY_Q_keygen(NULL, NULL, "ED448"));
}

static void dsa_comes_back(void **state) {
  EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
  EVP_PKEY *params = NULL, *key = NULL;

  (void) state;
  if (ctx == NULL) {
    skip();
  }

  assert_int_equal(EVP_PKEY_paramgen_init(ctx), 1);
  assert_int_equal(EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx, 1024), 1);
  assert_int_equal(EVP_PKEY_paramgen(ctx, &params), 1);
  EVP_PKEY_CTX_free(ctx);

  ctx = EVP_PKEY_CTX_new_from_pkey(NULL, params, NULL);
  assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
  assert_int_equal(EVP_PKEY_keygen(ctx, &key), 1);
  EVP_PKEY_CTX_free(ctx);
  EVP_PKEY_free(params);
  assert_round_trip(key);
}

static void assert_page_empty(void) {
  size_t i;

  for (i = 0; i < FTPS_KEYNUMBERS_SIZE; i++) {
    assert_int_equal(page[i], 0);
  }
}

static void assert_refused(EVP_PKEY *key, const char *text) {
  struct ftps_error err;

  ftps_error_clear(&err);
  assert_non_null(key);
  memset(page, 0xff, FTPS_KEYNUMBERS_SIZE);
  assert_int_equal(ftps_keynumbers_write(key, page, &err), -1);
  assert_string_equal(err.text, text);
  assert_page_empty();
  EVP_PKEY_free(key);
}

/* With a digest it may be used with nothing else. */
static EVP_PKEY *new_rsa_pss(const char *digest) {
  EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
  EVP_PKEY *key = NULL;

  assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
  assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 1024), 1);
  if (digest != NULL) {
    assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_md_name(ctx, digest, NULL),
        1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md_name(ctx, digest),
        1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(ctx, 32), 1);
  }
  assert_int_equal(EVP_PKEY_keygen(ctx, &key), 1);
  EVP_PKEY_CTX_free(ctx);
  return key;
}

static void rsa_pss_comes_back(void **state) {
  (void) state;
  assert_round_trip(new_rsa_pss(NULL));
  assert_round_trip(new_rsa_pss("SHA256"));
}

/* What the key may be used with comes back as well. */
static void rsa_pss_keeps_its_limits(void **state) {
  EVP_PKEY *key = new_rsa_pss("SHA384"), *copy;
  EVP_MD_CTX *md = EVP_MD_CTX_new();
  struct ftps_error err;

  (void) state;
  ftps_error_clear(&err);
  assert_int_equal(ftps_keynumbers_write(key, page, &err), 0);
  copy = ftps_keynumbers_read(page, &err);
  assert_non_null(copy);
  assert_int_equal(EVP_DigestSignInit(md, NULL, EVP_sha384(), NULL, copy), 1);
  assert_int_not_equal(EVP_MD_CTX_reset(md), 0);
  assert_int_not_equal(EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, copy),
      1);
  EVP_MD_CTX_free(md);
  EVP_PKEY_free(copy);
  EVP_PKEY_free(key);
}

static void other_types_are_refused(void **state) {
  (void) state;
  assert_refused(EVP_PKEY_Q_keygen(NULL, NULL, "X25519"),
      "key type X25519 cannot be used");
  assert_refused(new_rsa(2048, 3),
      "RSA key with more than two primes cannot be used");
}

/* Only the public number counts for the size, so no such key has to be made. */
static EVP_PKEY *public_rsa(size_t bits) {
  static unsigned char n[4096];
  unsigned char e[] = { 1, 0, 1 };
  OSSL_PARAM params[3];
  EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
  EVP_PKEY *key = NULL;

  memset(n, 0xff, sizeof(n));
  params[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n, bits / 8);
  params[1] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e, sizeof(e));
  params[2] = OSSL_PARAM_construct_end();
  assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
  assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params),
      1);
  EVP_PKEY_CTX_free(ctx);
  return key;
}

static void too_large_is_refused(void **state) {
  struct ftps_error err;
  EVP_PKEY *key = public_rsa(16384);

  (void) state;
  ftps_error_clear(&err);
  assert_int_equal(ftps_keynumbers_write(key, page, &err), -1);
  assert_non_null(strstr(err.text, "RSA key has no usable \"d\""));
  EVP_PKEY_free(key);
  assert_refused(public_rsa(18432), "RSA key of 18432 bits is too large");
}

static void public_half_is_refused(void **state) {
  struct ftps_error err;
  unsigned char raw[32];
  size_t len = sizeof(raw);
  EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
  EVP_PKEY *half;

  (void) state;
  assert_int_equal(EVP_PKEY_get_raw_public_key(key, raw, &len), 1);
  half = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, raw, len);
  assert_non_null(half);

  ftps_error_clear(&err);
  assert_int_equal(ftps_keynumbers_write(half, page, &err), -1);
  assert_non_null(strstr(err.text, "ED25519 key has no usable \"priv\""));
  assert_page_empty();
  EVP_PKEY_free(half);
  EVP_PKEY_free(key);
}

static void assert_damaged(void) {
  struct ftps_error err;

  ftps_error_clear(&err);
  assert_null(ftps_keynumbers_read(page, &err));
  assert_string_equal(err.text, "page of key numbers is damaged");
}

static void set_word(size_t offset, uint32_t value) {
  memcpy(page + offset, &value, sizeof(value));
}

static void empty_and_garbage_are_damaged(void **state) {
  (void) state;
  memset(page, 0, FTPS_KEYNUMBERS_SIZE);
  assert_damaged();
  memset(page, 0xff, FTPS_KEYNUMBERS_SIZE);
  assert_damaged();
}

static void lying_lengths_are_damaged(void **state) {
  static const uint32_t lies[] = { 0, FTPS_KEYNUMBERS_SIZE,
    FTPS_KEYNUMBERS_SIZE - HEADER_SIZE + 1, 0x7fffffff, 0x80000000, 0xffffffff,
    0xffffffff - HEADER_SIZE + 1 };
  unsigned char saved[HEADER_SIZE];
  struct ftps_error err;
  EVP_PKEY *key = new_rsa(1024, 2);
  size_t part, i;

  (void) state;
  ftps_error_clear(&err);
  assert_int_equal(ftps_keynumbers_write(key, page, &err), 0);
  memcpy(saved, page, sizeof(saved));

  for (part = 0; part < 8; part++) {
    for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
      set_word(OFFSET_LENGTHS + part * 4, lies[i]);
      assert_damaged();
      memcpy(page, saved, sizeof(saved));
    }
  }

  set_word(OFFSET_TYPE, 0);
  assert_damaged();
  set_word(OFFSET_TYPE, 6);
  assert_damaged();
  EVP_PKEY_free(key);
}

static void group_without_end_is_damaged(void **state) {
  struct ftps_error err;
  EVP_PKEY *key = EVP_EC_gen("P-256");
  uint32_t len;

  (void) state;
  ftps_error_clear(&err);
  assert_int_equal(ftps_keynumbers_write(key, page, &err), 0);
  memcpy(&len, page + OFFSET_LENGTHS, sizeof(len));

  page[HEADER_SIZE + len - 1] = 'x';
  assert_damaged();
  page[HEADER_SIZE + len - 1] = '\0';
  page[HEADER_SIZE + 1] = '\0';
  assert_damaged();
  EVP_PKEY_free(key);
}

/* Whatever a header says, reading ends with a key or an error. */
static void any_header_byte_may_lie(void **state) {
  static const unsigned char flips[] = { 0x01, 0x04, 0x80, 0xff };
  struct ftps_error err;
  EVP_PKEY *key = EVP_EC_gen("P-256"), *copy;
  size_t i, j;

  (void) state;
  ftps_error_clear(&err);
  assert_int_equal(ftps_keynumbers_write(key, page, &err), 0);
  for (i = 0; i < HEADER_SIZE + 80; i++) {
    for (j = 0; j < sizeof(flips); j++) {
      page[i] ^= flips[j];
      ftps_error_clear(&err);
      copy = ftps_keynumbers_read(page, &err);
      assert_true((copy == NULL) == (err.text[0] != '\0'));
      EVP_PKEY_free(copy);
      page[i] ^= flips[j];
    }
  }

  EVP_PKEY_free(key);
}

/* A key type must not be built from the parts of another one. */
static void foreign_parts_are_refused(void **state) {
  struct ftps_error err;
  EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

  (void) state;
  ftps_error_clear(&err);
  assert_int_equal(ftps_keynumbers_write(key, page, &err), 0);
  set_word(OFFSET_TYPE, 5);
  assert_null(ftps_keynumbers_read(page, &err));
  assert_non_null(strstr(err.text, "building the ED448 key"));
  EVP_PKEY_free(key);
}

/* It is that of the private half, and the same without the numbers. */
static void derives_one_secret(void **state) {
  EVP_PKEY *keys[] = { new_rsa(1024, 2), EVP_EC_gen("P-256"),
    EVP_EC_gen("P-256") };
  unsigned char first[FTPS_KEYNUMBERS_DERIVED_SIZE],
      again[FTPS_KEYNUMBERS_DERIVED_SIZE], last[FTPS_KEYNUMBERS_DERIVED_SIZE];
  struct ftps_error err;

  (void) state;
  ftps_error_clear(&err);
  memset(last, 0, sizeof(last));
  for (size_t i = 0; i < 3; i++) {
    unsigned char copy[FTPS_KEYNUMBERS_SIZE];

    assert_int_equal(ftps_keynumbers_write(keys[i], page, &err), 0);
    memcpy(copy, page, sizeof(copy));
    assert_int_equal(ftps_keynumbers_derive(page, first), 0);
    ftps_keynumbers_reduce(page);
    assert_null(ftps_keynumbers_read(page, &err));
    /* A piece of the private number. */
    assert_null(memmem(page, sizeof(copy), copy + (i == 0 ? 200 : 70), 16));
    assert_int_equal(ftps_keynumbers_derive(page, again), 0);
    assert_memory_equal(first, again, sizeof(first));
    assert_memory_not_equal(first, last, sizeof(first));
    memcpy(last, first, sizeof(last));
    ftps_error_clear(&err);
    EVP_PKEY_free(keys[i]);
  }

  memset(page, 0, FTPS_KEYNUMBERS_SIZE);
  assert_int_equal(ftps_keynumbers_derive(page, first), -1);
  ftps_keynumbers_reduce(page);
  assert_int_equal(page[0], 0);
  memset(page, 0xff, FTPS_KEYNUMBERS_SIZE);
  assert_int_equal(ftps_keynumbers_derive(page, first), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(derives_one_secret),
    cmocka_unit_test(rsa_comes_back),
    cmocka_unit_test(rsa_4096_comes_back),
    cmocka_unit_test(rsa_pss_comes_back),
    cmocka_unit_test(rsa_pss_keeps_its_limits),
    cmocka_unit_test(ec_comes_back),
    cmocka_unit_test(ec_compressed_point_comes_back),
    cmocka_unit_test(edwards_comes_back),
    cmocka_unit_test(dsa_comes_back),
    cmocka_unit_test(other_types_are_refused),
    cmocka_unit_test(too_large_is_refused),
    cmocka_unit_test(public_half_is_refused),
    cmocka_unit_test(empty_and_garbage_are_damaged),
    cmocka_unit_test(lying_lengths_are_damaged),
    cmocka_unit_test(group_without_end_is_damaged),
    cmocka_unit_test(any_header_byte_may_lie),
    cmocka_unit_test(foreign_parts_are_refused),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests_name("keynumbers", tests, make_page, NULL);
}
