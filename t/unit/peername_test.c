/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * peername_test.c: names of other servers (base/peername.h).
 */
#include "base/peername.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define DIGITS_32 "00112233445566778899aabbccddeeff"

static void words_are_read(void **state) {
  static const struct {
    const char *word, *name; /* NULL: refused */
  } rows[] = {
    { "ftp.example.com", "ftp.example.com" },
    { "FTP.Example.COM", "ftp.example.com" },
    { "localhost", "localhost" },
    { "under_score.test", "under_score.test" },
    { "192.0.2.1", "192.0.2.1" },
    { "2001:DB8::1", "2001:db8::1" },
    { "sha256:" DIGITS_32 DIGITS_32, "sha256:" DIGITS_32 DIGITS_32 },
    { "SHA256:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:" DIGITS_32,
        "sha256:" DIGITS_32 DIGITS_32 },
    { "", NULL },
    { ".", NULL },
    { ".example.com", NULL },
    { "example.com.", NULL },
    { "*.example.com", NULL },
    { "-x.test", NULL },
    { "two words", NULL },
    { "ftp.example.com:21", NULL },
    { "ftp://ftp.example.com", NULL },
    { "192.0.2", NULL },
    { "192.0.2.256", NULL },
    { "sha256:", NULL },
    { "sha256:" DIGITS_32, NULL },
    { "sha256:" DIGITS_32 DIGITS_32 "0", NULL },
    { "sha256:" DIGITS_32 "0011223344556677889 aabbccddeef", NULL },
    { "sha1:" DIGITS_32, NULL },
  };

  (void) state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    char name[FTPS_PEERNAME_SIZE];
    int res = ftps_peername_read(rows[i].word, name);

    if (rows[i].name == NULL) {
      assert_int_equal(res, -1);
    } else {
      assert_int_equal(res, 0);
      assert_string_equal(name, rows[i].name);
    }
  }
}

static void long_words_are_refused(void **state) {
  char word[4096], name[FTPS_PEERNAME_SIZE];

  (void) state;
  memset(word, 'a', sizeof(word));
  word[FTPS_PEERNAME_SIZE] = '\0';
  assert_int_equal(ftps_peername_read(word, name), -1);
  word[FTPS_PEERNAME_SIZE - 1] = '\0';
  assert_int_equal(ftps_peername_read(word, name), 0);
}

static X509 *make_cert(const char *names) {
  X509 *cert = X509_new();
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509_EXTENSION *ext =
      X509V3_EXT_nconf_nid(NULL, NULL, NID_subject_alt_name, names);

  assert_non_null(cert);
  assert_non_null(key);
  assert_non_null(ext);
  assert_int_equal(X509_set_version(cert, X509_VERSION_3), 1);
  assert_int_equal(X509_set_pubkey(cert, key), 1);
  assert_int_equal(X509_add_ext(cert, ext, -1), 1);
  assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
  X509_EXTENSION_free(ext);
  EVP_PKEY_free(key);
  return cert;
}

static void certificates_are_compared(void **state) {
  static const struct {
    const char *name;
    bool is_in;
  } rows[] = {
    { "ftp.example.com", true }, { "x.wild.test", true },
    { "x.y.wild.test", false }, { "wild.test", false },
    { "example.com", false }, { "192.0.2.7", true }, { "192.0.2.8", false },
    { "2001:db8::7", true }, { "2001:db8:0:0:0:0:0:7", true },
    { "10.0.0.1", false }, /* as a DNS name */
  };
  X509 *cert = make_cert("DNS:ftp.example.com,DNS:*.wild.test,DNS:10.0.0.1,"
                         "IP:192.0.2.7,IP:2001:db8::7");
  char text[FTPS_PEERNAME_FINGERPRINT_SIZE], name[FTPS_PEERNAME_SIZE];

  (void) state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    assert_int_equal(ftps_peername_is_in(rows[i].name, cert), rows[i].is_in);
    assert_false(ftps_peername_is_fingerprint(rows[i].name));
  }

  ftps_peername_describe(cert, text);
  assert_int_equal(strlen(text), sizeof(text) - 1);
  assert_int_equal(ftps_peername_read(text, name), 0);
  assert_string_equal(text, name);
  assert_true(ftps_peername_is_fingerprint(text));
  assert_false(ftps_peername_is_in(text, cert));
  X509_free(cert);
}

/* The errors would count as those of the handshake that is going on. */
static void the_error_queue_is_left(void **state) {
  X509 *cert = make_cert("DNS:ftp.example.com");
  ASN1_OCTET_STRING *garbage = ASN1_OCTET_STRING_new();
  X509_EXTENSION *ext;
  char name[FTPS_PEERNAME_SIZE];

  (void) state;
  assert_non_null(garbage);
  assert_int_equal(ASN1_OCTET_STRING_set(garbage,
                       (const unsigned char *) "\x30\x84\xff", 3),
      1);
  ext = X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0, garbage);
  X509_EXTENSION_free(X509_delete_ext(cert, 0));
  assert_int_equal(X509_add_ext(cert, ext, -1), 1);
  ERR_clear_error();

  assert_false(ftps_peername_is_in("ftp.example.com", cert));
  assert_false(ftps_peername_is_in("192.0.2.7", cert));
  assert_int_equal(ftps_peername_read("ftp.example.com", name), 0);
  assert_int_equal(ERR_peek_error(), 0);

  X509_EXTENSION_free(ext);
  ASN1_OCTET_STRING_free(garbage);
  X509_free(cert);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(words_are_read),
    cmocka_unit_test(long_words_are_refused),
    cmocka_unit_test(certificates_are_compared),
    cmocka_unit_test(the_error_queue_is_left),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
