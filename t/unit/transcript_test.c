/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * transcript_test.c: what is signed, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "keys/signer/transcript.h"

static unsigned char text[FTPS_TRANSCRIPT_MAX + 1];

static size_t make_tls13(const char *context, size_t hash) {
  size_t len = 64;

  memset(text, ' ', len);
  memcpy(text + len, context, strlen(context) + 1);
  len += strlen(context) + 1;
  memset(text + len, 0xa5, hash);
  return len + hash;
}

static size_t make_ecdhe(unsigned char type, unsigned char group,
    unsigned char point) {
  memset(text, 0x5a, 64);
  text[64] = type;
  text[65] = 0;
  text[66] = group;
  text[67] = point;
  memset(text + 68, 4, point);
  return 68U + point;
}

static size_t put_number(size_t at, size_t len) {
  text[at] = (unsigned char) (len >> 8);
  text[at + 1] = (unsigned char) (len & 0xff);
  memset(text + at + 2, 0xff, len);
  return at + 2 + len;
}

static size_t make_dhe(size_t prime, size_t value) {
  memset(text, 0x5a, 64);
  return put_number(put_number(put_number(64, prime), 1), value);
}

static void accepts_tls13(void **state) {
  const char *context = "TLS 1.3, server CertificateVerify";

  (void) state;
  assert_int_equal(ftps_transcript_judge(text, make_tls13(context, 32)),
      FTPS_TRANSCRIPT_TLS13);
  assert_int_equal(ftps_transcript_judge(text, make_tls13(context, 48)),
      FTPS_TRANSCRIPT_TLS13);
}

static void refuses_like_tls13(void **state) {
  const char *context = "TLS 1.3, server CertificateVerify";
  size_t len = make_tls13(context, 32);

  (void) state;
  assert_int_equal(ftps_transcript_judge(text, len + 1), FTPS_TRANSCRIPT_NONE);
  assert_int_equal(ftps_transcript_judge(text, len - 1), FTPS_TRANSCRIPT_NONE);
  assert_int_equal(ftps_transcript_judge(text, 0), FTPS_TRANSCRIPT_NONE);
  text[0] = 'x';
  assert_int_equal(ftps_transcript_judge(text, len), FTPS_TRANSCRIPT_NONE);

  len = make_tls13("TLS 1.3, client CertificateVerify", 32);
  assert_int_equal(ftps_transcript_judge(text, len), FTPS_TRANSCRIPT_NONE);
  len = make_tls13(context, 20);
  assert_int_equal(ftps_transcript_judge(text, len), FTPS_TRANSCRIPT_NONE);
}

static void accepts_groups(void **state) {
  static const struct {
    unsigned char group, point;
  } groups[] = { { 23, 65 }, { 24, 97 }, { 25, 133 }, { 29, 32 }, { 30, 56 } };

  (void) state;
  for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
    size_t len = make_ecdhe(3, groups[i].group, groups[i].point);

    assert_int_equal(ftps_transcript_judge(text, len), FTPS_TRANSCRIPT_TLS12);
    assert_int_equal(ftps_transcript_judge(text, len + 1),
        FTPS_TRANSCRIPT_NONE);
    assert_int_equal(ftps_transcript_judge(text, len - 1),
        FTPS_TRANSCRIPT_NONE);
  }
}

static void refuses_like_ecdhe(void **state) {
  (void) state;
  assert_int_equal(ftps_transcript_judge(text, make_ecdhe(1, 23, 65)),
      FTPS_TRANSCRIPT_NONE);
  assert_int_equal(ftps_transcript_judge(text, make_ecdhe(2, 23, 65)),
      FTPS_TRANSCRIPT_NONE);
  assert_int_equal(ftps_transcript_judge(text, make_ecdhe(3, 23, 64)),
      FTPS_TRANSCRIPT_NONE);
  assert_int_equal(ftps_transcript_judge(text, make_ecdhe(3, 99, 65)),
      FTPS_TRANSCRIPT_NONE);
}

static void judges_dhe(void **state) {
  size_t len = make_dhe(256, 256);

  (void) state;
  assert_int_equal(ftps_transcript_judge(text, len), FTPS_TRANSCRIPT_TLS12);
  assert_int_equal(ftps_transcript_judge(text, len + 1), FTPS_TRANSCRIPT_NONE);
  assert_int_equal(ftps_transcript_judge(text, len - 1), FTPS_TRANSCRIPT_NONE);
  assert_int_equal(ftps_transcript_judge(text, make_dhe(64, 64)),
      FTPS_TRANSCRIPT_NONE);
  assert_int_equal(ftps_transcript_judge(text, make_dhe(256, 257)),
      FTPS_TRANSCRIPT_NONE);
}

static void chooses_schemes(void **state) {
  size_t len = make_tls13("TLS 1.3, server CertificateVerify", 32);

  (void) state;
  assert_int_equal(ftps_scheme_choose("RSA", "SHA2-256", true)->code, 0x0804);
  assert_int_equal(ftps_scheme_choose("RSA", "SHA256", false)->code, 0x0401);
  assert_int_equal(ftps_scheme_choose("EC", "sha384", false)->code, 0x0503);
  assert_int_equal(ftps_scheme_choose("ED25519", NULL, false)->code, 0x0807);
  assert_int_equal(ftps_scheme_choose("ED448", "", false)->code, 0x0808);
  assert_null(ftps_scheme_choose("RSA", NULL, false));
  assert_null(ftps_scheme_choose("ED25519", "SHA256", false));
  assert_null(ftps_scheme_choose("EC", "SHA256", true));
  assert_null(ftps_scheme_find(0));

  assert_false(ftps_scheme_fits(ftps_scheme_find(0x0401), text, len));
  assert_true(ftps_scheme_fits(ftps_scheme_find(0x0804), text, len));
  assert_false(ftps_scheme_fits(ftps_scheme_find(0x0804), text, len + 1));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(accepts_tls13),
    cmocka_unit_test(refuses_like_tls13),
    cmocka_unit_test(accepts_groups),
    cmocka_unit_test(refuses_like_ecdhe),
    cmocka_unit_test(judges_dhe),
    cmocka_unit_test(chooses_schemes),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
