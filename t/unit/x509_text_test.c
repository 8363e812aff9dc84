/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * x509_text_test.c: text made of hostile bytes and of certificates, into
 * buffers of every size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/x509_text.h"

#define STRING(text) text, sizeof(text) - 1

static X509 *cert;

static void add_entry(X509_NAME *name, const char *field, int type,
    const char *bytes, int len) {
  assert_int_equal(X509_NAME_add_entry_by_txt(name, field, type,
                       (const unsigned char *) bytes, len, -1, 0),
      1);
}

static void set_names(void) {
  X509_NAME *subject = X509_NAME_new(), *issuer = X509_NAME_new();

  add_entry(subject, "C", MBSTRING_ASC, "DE", -1);
  add_entry(subject, "O", MBSTRING_UTF8, "M\xc3\xbcller, S\xc3\xb6hne", -1);
  add_entry(subject, "OU", MBSTRING_UTF8, "first", -1);
  add_entry(subject, "OU", MBSTRING_UTF8, "second", -1);
  add_entry(subject, "CN", V_ASN1_UTF8STRING, STRING("good\0evil\r\n200 ok"));
  add_entry(issuer, "CN", MBSTRING_ASC, "Issuer", -1);
  assert_int_equal(X509_set_subject_name(cert, subject), 1);
  assert_int_equal(X509_set_issuer_name(cert, issuer), 1);
  X509_NAME_free(subject);
  X509_NAME_free(issuer);
}

static int make_cert(void **state) {
  EVP_PKEY *key = EVP_EC_gen("P-256");

  (void) state;
  cert = X509_new();
  if (key == NULL || cert == NULL) {
    return -1;
  }

  set_names();
  if (ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), 0x0102abcdefULL) !=
          1 ||
      ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), "300102030405Z") !=
          1 ||
      ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), "310102030405Z") !=
          1 ||
      X509_set_pubkey(cert, key) != 1 ||
      X509_sign(cert, key, EVP_sha256()) <= 0) {
    return -1;
  }

  EVP_PKEY_free(key);
  return 0;
}

static int free_cert(void **state) {
  (void) state;
  X509_free(cert);
  return 0;
}

static void assert_escaped(const char *bytes, size_t len, const char *want) {
  char out[256];

  assert_int_equal(ftps_text_escape(bytes, len, out, sizeof(out)),
      strlen(want));
  assert_string_equal(out, want);
}

static void plain_text_stays(void **state) {
  (void) state;
  assert_escaped(STRING(""), "");
  assert_escaped(STRING("host ~%{x}\"'"), "host ~%{x}\"'");
  assert_escaped(STRING("\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80"),
      "\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80");
}

static void controls_and_backslash_are_escaped(void **state) {
  (void) state;
  assert_escaped(STRING("a\0b"), "a\\x00b");
  assert_escaped(STRING("\r\n\t\x1b\x7f"), "\\x0d\\x0a\\x09\\x1b\\x7f");
  assert_escaped(STRING("\\x00"), "\\x5cx00");
  assert_escaped(STRING("\xc2\x9b"
                        "2J"),
      "\\xc2\\x9b2J");
  assert_escaped(STRING("\xe2\x80\xae"
                        "cod.exe"),
      "\\xe2\\x80\\xaecod.exe");
  assert_escaped(STRING("\xe2\x80\xa8"), "\\xe2\\x80\\xa8");
}

static void what_is_not_utf8_is_escaped(void **state) {
  (void) state;
  assert_escaped(STRING("\xff\xfe"), "\\xff\\xfe");
  assert_escaped(STRING("M\xfcller"), "M\\xfcller");
  assert_escaped(STRING("\xc0\xaf"), "\\xc0\\xaf");
  assert_escaped(STRING("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");
  assert_escaped(STRING("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  assert_escaped(STRING("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  assert_escaped(STRING("\xe2\x82"), "\\xe2\\x82");
  assert_escaped(STRING("\xe2\x82x"), "\\xe2\\x82x");
}

/* The memory is exactly as large as said, so a sanitizer sees any excess. */
static void cuts_are_clean(void **state) {
  static const char bytes[] = "a\n\342\202\254b";
  static const char *const want[] = { "", "a", "a", "a", "a", "a\\x0a",
    "a\\x0a", "a\\x0a", "a\\x0a\342\202\254", "a\\x0a\342\202\254b" };
  size_t size;
  char *out;

  (void) state;
  assert_int_equal(ftps_text_escape(STRING(bytes), NULL, 0), 0);
  for (size = 1; size <= sizeof(want) / sizeof(want[0]); size++) {
    out = malloc(size);
    assert_non_null(out);
    assert_int_equal(ftps_text_escape(STRING(bytes), out, size),
        strlen(want[size - 1]));
    assert_string_equal(out, want[size - 1]);
    free(out);
  }
}

static void name_is_one_line(void **state) {
  char out[256];

  (void) state;
  (void) ftps_text_name(X509_get_subject_name(cert), out, sizeof(out));
  assert_string_equal(out,
      "C = DE, O = \"M\xc3\xbcller, S\xc3\xb6hne\", "
      "OU = first, OU = second, CN = good\\00evil\\0D\\0A200 ok");
  (void) ftps_text_name_ascii(X509_get_subject_name(cert), out, sizeof(out));
  assert_string_equal(out,
      "C = DE, O = \"M\\C3\\BCller, S\\C3\\B6hne\", "
      "OU = first, OU = second, CN = good\\00evil\\0D\\0A200 ok");
  (void) ftps_text_name(X509_get_issuer_name(cert), out, sizeof(out));
  assert_string_equal(out, "CN = Issuer");
  assert_int_equal(ftps_text_name(NULL, out, sizeof(out)), 0);
}

static void name_parts(void **state) {
  const X509_NAME *name = X509_get_subject_name(cert);
  char out[256];

  (void) state;
  (void) ftps_text_name_part(name, NID_commonName, out, sizeof(out));
  assert_string_equal(out, "good\\x00evil\\x0d\\x0a200 ok");
  (void) ftps_text_name_part(name, NID_organizationalUnitName, out,
      sizeof(out));
  assert_string_equal(out, "second");
  (void) ftps_text_name_part(name, NID_organizationName, out, sizeof(out));
  assert_string_equal(out, "M\xc3\xbcller, S\xc3\xb6hne");
  assert_int_equal(ftps_text_name_part(name, NID_title, out, sizeof(out)), 0);
  assert_string_equal(out, "");
}

/* A code that is no character has no UTF-8 form. */
static void broken_string_is_shown(void **state) {
  X509_NAME *name = X509_NAME_new();
  char out[256];

  (void) state;
  add_entry(name, "CN", V_ASN1_UNIVERSALSTRING, STRING("abcd"));
  ERR_clear_error();
  (void) ftps_text_name(name, out, sizeof(out));
  assert_string_equal(out, "CN = #1C0461626364");
  (void) ftps_text_name_part(name, NID_commonName, out, sizeof(out));
  assert_string_equal(out, "abcd");
  assert_int_equal(ERR_peek_error(), 0);
  X509_NAME_free(name);
}

static void facts_of_a_certificate(void **state) {
  char out[256];

  (void) state;
  (void) ftps_text_serial_decimal(cert, out, sizeof(out));
  assert_string_equal(out, "4339781103");
  (void) ftps_text_time(X509_get0_notBefore(cert), out, sizeof(out));
  assert_string_equal(out, "Jan  2 03:04:05 2030 GMT");
  (void) ftps_text_time(X509_get0_notAfter(cert), out, sizeof(out));
  assert_string_equal(out, "Jan  2 03:04:05 2031 GMT");
  assert_int_equal(ftps_text_until(X509_get0_notBefore(cert), 1893553446), -1);
  assert_int_equal(ftps_text_until(X509_get0_notAfter(cert), 1893553445),
      365 * 86400L);
  (void) ftps_text_signature_type(cert, out, sizeof(out));
  assert_string_equal(out, "ecdsa-with-SHA256");
  (void) ftps_text_key_type(cert, out, sizeof(out));
  assert_string_equal(out, "id-ecPublicKey");
  assert_string_equal(ftps_text_key_kind(cert), "id-ecPublicKey");
}

static void fingerprint(void **state) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int len = 0;
  char out[65], first[3];

  (void) state;
  assert_int_equal(X509_digest(cert, EVP_sha256(), digest, &len), 1);
  assert_int_equal(ftps_text_fingerprint(cert, out, sizeof(out)), 64);
  (void) snprintf(first, sizeof(first), "%02x", digest[0]);
  assert_memory_equal(out, first, 2);
  (void) snprintf(first, sizeof(first), "%02x", digest[31]);
  assert_string_equal(out + 62, first);
}

static void pem_is_whole_or_nothing(void **state) {
  size_t need = ftps_text_pem(cert, NULL, 0);
  char *out;

  (void) state;
  assert_true(need > 100);
  out = malloc(need);
  assert_int_equal(ftps_text_pem(cert, out, need), need);
  assert_string_equal(out, "");
  free(out);

  out = malloc(need + 1);
  assert_int_equal(ftps_text_pem(cert, out, need + 1), need);
  assert_int_equal(strlen(out), need);
  assert_memory_equal(out, "-----BEGIN CERTIFICATE-----\n", 28);
  assert_string_equal(out + need - 26, "-----END CERTIFICATE-----\n");
  free(out);
}

/* A certificate that was never filled in. */
static void empty_certificate_is_survived(void **state) {
  X509 *empty = X509_new();
  char out[64];

  (void) state;
  ERR_clear_error();
  (void) ftps_text_serial_decimal(empty, out, sizeof(out));
  assert_string_equal(out, "0");
  assert_int_equal(ftps_text_name(X509_get_subject_name(empty), out,
                       sizeof(out)),
      0);
  (void) ftps_text_time(X509_get0_notAfter(empty), out, sizeof(out));
  assert_int_equal(ftps_text_until(X509_get0_notAfter(empty), 0), 0);
  (void) ftps_text_signature_type(empty, out, sizeof(out));
  (void) ftps_text_key_type(empty, out, sizeof(out));
  (void) ftps_text_fingerprint(empty, out, sizeof(out));
  (void) ftps_text_pem(empty, out, sizeof(out));
  assert_int_equal(ERR_peek_error(), 0);
  X509_free(empty);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(plain_text_stays),
    cmocka_unit_test(controls_and_backslash_are_escaped),
    cmocka_unit_test(what_is_not_utf8_is_escaped),
    cmocka_unit_test(cuts_are_clean),
    cmocka_unit_test(name_is_one_line),
    cmocka_unit_test(name_parts),
    cmocka_unit_test(broken_string_is_shown),
    cmocka_unit_test(facts_of_a_certificate),
    cmocka_unit_test(fingerprint),
    cmocka_unit_test(pem_is_whole_or_nothing),
    cmocka_unit_test(empty_certificate_is_survived),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests_name("x509_text", tests, make_cert, free_cert);
}
