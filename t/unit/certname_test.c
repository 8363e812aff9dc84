/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * certname_test.c: names in certificates (base/certname.h), above all those
 * that must not be equal.
 */
#include "base/certname.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define OID "1.3.6.1.4.1.55555.1"

static X509 *cert;

static void add_common_name(const void *bytes, int len) {
  X509_NAME *name = X509_NAME_dup(X509_get_subject_name(cert));

  assert_int_equal(X509_NAME_add_entry_by_NID(name, NID_commonName,
                       V_ASN1_UTF8STRING, bytes, len, -1, 0),
      1);
  assert_int_equal(X509_set_subject_name(cert, name), 1);
  X509_NAME_free(name);
}

static void add_extension(int nid, const char *text) {
  X509_EXTENSION *ext = X509V3_EXT_nconf_nid(NULL, NULL, nid, text);

  assert_non_null(ext);
  assert_int_equal(X509_add_ext(cert, ext, -1), 1);
  X509_EXTENSION_free(ext);
}

static void add_octets(const void *bytes, int len) {
  ASN1_OCTET_STRING *data = ASN1_OCTET_STRING_new();
  ASN1_OBJECT *object = OBJ_txt2obj(OID, 1);
  X509_EXTENSION *ext;

  assert_int_equal(ASN1_OCTET_STRING_set(data, bytes, len), 1);
  ext = X509_EXTENSION_create_by_OBJ(NULL, object, 0, data);
  assert_int_equal(X509_add_ext(cert, ext, -1), 1);
  X509_EXTENSION_free(ext);
  ASN1_OBJECT_free(object);
  ASN1_OCTET_STRING_free(data);
}

/* The second dNSName is "nul" and then a NUL and more. */
static void add_alt_names(void) {
  GENERAL_NAMES *names = GENERAL_NAMES_new();
  static const char *const values[] = { "Host.Example", "nul" };

  for (size_t i = 0; i < COUNT_OF(values); i++) {
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *string = ASN1_IA5STRING_new();

    assert_int_equal(ASN1_STRING_set(string, values[i], -1), 1);
    if (i == 1) {
      assert_int_equal(ASN1_STRING_set(string, "nul\0.evil", 9), 1);
    }
    GENERAL_NAME_set0_value(name, GEN_DNS, string);
    (void) sk_GENERAL_NAME_push(names, name);
  }

  assert_int_equal(X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0,
                       X509V3_ADD_APPEND),
      1);
  GENERAL_NAMES_free(names);
}

static int start(void **state) {
  (void) state;
  ERR_clear_error();
  cert = X509_new();
  return cert != NULL ? 0 : -1;
}

static int finish(void **state) {
  (void) state;
  X509_free(cert);
  return ERR_peek_error() == 0 ? 0 : -1;
}

static bool is(enum ftps_certname kind, const char *value) {
  return ftps_certname_is(cert, kind, value);
}

static void test_common_name(void **state) {
  (void) state;
  add_common_name("one", 3);
  add_common_name("T\303\266", 3);
  add_common_name("nul\0more", 8);
  add_common_name("new\nline", 8);

  assert_true(is(FTPS_CERTNAME_COMMON, "one"));
  assert_true(is(FTPS_CERTNAME_COMMON, "T\303\266"));
  assert_true(is(FTPS_CERTNAME_COMMON_HOST, "ONE"));
  assert_false(is(FTPS_CERTNAME_COMMON, "ONE"));
  assert_false(is(FTPS_CERTNAME_COMMON, "on"));
  assert_false(is(FTPS_CERTNAME_COMMON, "one1"));
  assert_false(is(FTPS_CERTNAME_COMMON, "nul"));
  assert_false(is(FTPS_CERTNAME_COMMON_HOST, "nul"));
  assert_false(is(FTPS_CERTNAME_COMMON, "new\nline"));
  assert_false(is(FTPS_CERTNAME_COMMON, ""));
  assert_false(is(FTPS_CERTNAME_NONE, "one"));
  assert_false(is(FTPS_CERTNAME_NONE, ""));
}

static void test_subject(void **state) {
  static char many[9000];

  (void) state;
  add_common_name("one, two", 8);
  assert_true(is(FTPS_CERTNAME_SUBJECT, "CN = \"one, two\""));
  assert_false(is(FTPS_CERTNAME_SUBJECT, "CN = one, two"));

  memset(many, 'x', sizeof(many));
  add_common_name(many, sizeof(many));
  assert_false(is(FTPS_CERTNAME_SUBJECT, "CN = \"one, two\""));
}

static void test_alt_names(void **state) {
  (void) state;
  add_alt_names();
  assert_true(is(FTPS_CERTNAME_DNS, "host.example"));
  assert_false(is(FTPS_CERTNAME_DNS, "nul"));
  assert_false(is(FTPS_CERTNAME_URI, "host.example"));
  assert_false(is(FTPS_CERTNAME_COMMON, "host.example"));
}

static void test_other_alt_names(void **state) {
  (void) state;
  add_extension(NID_subject_alt_name,
      "email:a@b.example,URI:urn:a:b,otherName:msUPN;UTF8:u@corp,"
      "otherName:1.2.3.4;UTF8:x@corp,otherName:msUPN;INT:5");
  assert_true(is(FTPS_CERTNAME_EMAIL, "a@b.example"));
  assert_true(is(FTPS_CERTNAME_URI, "urn:a:b"));
  assert_true(is(FTPS_CERTNAME_UPN, "u@corp"));
  assert_false(is(FTPS_CERTNAME_EMAIL, "A@b.example"));
  assert_false(is(FTPS_CERTNAME_UPN, "x@corp"));
  assert_false(is(FTPS_CERTNAME_DNS, "a@b.example"));
}

/* Two extensions of a kind that may be there once are none. */
static void test_twice(void **state) {
  (void) state;
  add_alt_names();
  add_alt_names();
  assert_false(is(FTPS_CERTNAME_DNS, "host.example"));
}

static void test_extension(void **state) {
  static const struct {
    const char *bytes;
    const char *value;
    int len;
    bool is_same;
  } rows[] = {
    { "\014\003abc", "abc", 5, true },   /* UTF8String */
    { "\026\003abc", "abc", 5, true },   /* IA5String */
    { "abc", "abc", 3, true },           /* no ASN.1 */
    { "\014\003abcd", "abc", 6, false }, /* something behind it */
    { "\014\004abc\0", "abc", 6, false },
    { "\014\003abc", "abcd", 5, false },
    { "abc\0d", "abc", 5, false },
    { "\002\001a", "a", 3, false }, /* INTEGER */
    { "", "", 0, false },
  };

  (void) state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    X509_free(cert);
    cert = X509_new();
    add_octets(rows[i].bytes, rows[i].len);
    if (ftps_certname_extension_is(cert, OID, rows[i].value) !=
        rows[i].is_same) {
      fail_msg("row %zu", i);
    }
  }

  assert_false(ftps_certname_extension_is(cert, "1.2.3", "abc"));
}

static void test_oid(void **state) {
  static const char *const good[] = { "1.2.3.4", "2.5.4.3", OID };
  static const char *const bad[] = { "", "1", ".", "1.", "CN", "9.9.9", "1.2 ",
    "1.2.3x", "-1.2" };

  (void) state;
  for (size_t i = 0; i < COUNT_OF(good); i++) {
    assert_true(ftps_certname_is_oid(good[i]));
  }
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    if (ftps_certname_is_oid(bad[i])) {
      fail_msg("\"%s\" taken", bad[i]);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_common_name, start, finish),
    cmocka_unit_test_setup_teardown(test_subject, start, finish),
    cmocka_unit_test_setup_teardown(test_alt_names, start, finish),
    cmocka_unit_test_setup_teardown(test_other_alt_names, start, finish),
    cmocka_unit_test_setup_teardown(test_twice, start, finish),
    cmocka_unit_test_setup_teardown(test_extension, start, finish),
    cmocka_unit_test_setup_teardown(test_oid, start, finish),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
