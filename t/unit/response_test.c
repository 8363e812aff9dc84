/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * response_test.c:  OCSP messages (ocsp/response.h): whose responses count,
 * about what, until when.
 *
 * Each row of `cases` is a response that is made here, and what must come of
 * it; all times are seconds from NOW.
 */
#include "ocsp/response.h"

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

#define NOW  1800000000L /* 2027-01-15 */
#define HOUR 3600L
#define YEAR (365 * 24 * HOUR)

enum who {
  WHO_CA,      /* issued the certificate */
  WHO_OTHER,   /* a CA of the same name with another key */
  WHO_LEAF,    /* the certificate in question */
  WHO_SECOND,  /* another one of the same CA */
  WHO_NAMED,   /* has the usage OCSPSigning */
  WHO_EXPIRED, /* the same, but its time is over */
  WHO_FALSE,   /* has the usage, from the CA with the other key */
  WHO_COUNT
};

struct person {
  const char *name;
  enum who issuer;
  const char *usage;
  long until;
};

static const struct person persons[WHO_COUNT] = {
  [WHO_CA] = { "ca", WHO_CA, NULL, YEAR },
  [WHO_OTHER] = { "ca", WHO_OTHER, NULL, YEAR },
  [WHO_LEAF] = { "leaf", WHO_CA, "serverAuth", YEAR },
  [WHO_SECOND] = { "second", WHO_CA, "serverAuth", YEAR },
  [WHO_NAMED] = { "named", WHO_CA, "OCSPSigning", YEAR },
  [WHO_EXPIRED] = { "expired", WHO_CA, "OCSPSigning", -HOUR },
  [WHO_FALSE] = { "false", WHO_OTHER, "OCSPSigning", YEAR },
};

static X509 *certs[WHO_COUNT];
static EVP_PKEY *keys[WHO_COUNT];

enum nonce {
  NONCE_NONE, /* neither in the request nor in the response */
  NONCE_SAME,
  NONCE_OTHER,
  NONCE_LOST,  /* in the request only */
  NONCE_ADDED, /* in the response only */
  NONCE_ANY    /* in the response, and nobody asks */
};

struct response {
  const char *name;
  enum who about;
  enum who signer;
  int status;
  long from, until; /* until 0: it does not say */
  enum nonce nonce;
  bool is_unverified;
  const char *fault; /* part of the text; NULL: it is taken */
};

#define GOOD     V_OCSP_CERTSTATUS_GOOD
#define REVOKED  V_OCSP_CERTSTATUS_REVOKED
#define UNKNOWN  V_OCSP_CERTSTATUS_UNKNOWN
#define UNSIGNED "is not signed by the CA"

static const struct response cases[] = {
  { "of the CA", WHO_LEAF, WHO_CA, GOOD, -60, HOUR, NONCE_SAME, false, NULL },
  { "revoked", WHO_LEAF, WHO_CA, REVOKED, -60, HOUR, NONCE_SAME, false, NULL },
  { "unknown", WHO_LEAF, WHO_CA, UNKNOWN, -60, HOUR, NONCE_SAME, false, NULL },
  { "of a named one", WHO_LEAF, WHO_NAMED, GOOD, -60, HOUR, NONCE_SAME, false,
      NULL },
  { "of one not named", WHO_LEAF, WHO_SECOND, GOOD, -60, HOUR, NONCE_SAME,
      false, UNSIGNED },
  { "of itself", WHO_LEAF, WHO_LEAF, GOOD, -60, HOUR, NONCE_SAME, false,
      UNSIGNED },
  { "of one whose time is over", WHO_LEAF, WHO_EXPIRED, GOOD, -60, HOUR,
      NONCE_SAME, false, UNSIGNED },
  { "of a CA of the same name", WHO_LEAF, WHO_OTHER, GOOD, -60, HOUR,
      NONCE_SAME, false, UNSIGNED },
  { "of one that this CA named", WHO_LEAF, WHO_FALSE, GOOD, -60, HOUR,
      NONCE_SAME, false, UNSIGNED },
  { "of anybody, unverified", WHO_LEAF, WHO_FALSE, GOOD, -60, HOUR, NONCE_SAME,
      true, NULL },
  { "about another one", WHO_SECOND, WHO_CA, GOOD, -60, HOUR, NONCE_SAME, false,
      "is about another certificate" },
  { "about another one, unverified", WHO_SECOND, WHO_CA, GOOD, -60, HOUR,
      NONCE_SAME, true, "is about another certificate" },

  { "nonce of another request", WHO_LEAF, WHO_CA, GOOD, -60, HOUR, NONCE_OTHER,
      false, "has the nonce of another request" },
  { "nonce lost", WHO_LEAF, WHO_CA, GOOD, -60, HOUR, NONCE_LOST, false,
      "lacks the nonce" },
  { "nonce added", WHO_LEAF, WHO_CA, GOOD, -60, HOUR, NONCE_ADDED, false,
      NULL },
  { "no nonce", WHO_LEAF, WHO_CA, GOOD, -60, HOUR, NONCE_NONE, false, NULL },
  { "nonce of long ago", WHO_LEAF, WHO_CA, GOOD, -60, HOUR, NONCE_ANY, false,
      NULL },

  { "ends in a second", WHO_LEAF, WHO_CA, GOOD, -HOUR, 1, NONCE_SAME, false,
      NULL },
  { "ends now", WHO_LEAF, WHO_CA, GOOD, -HOUR, -1, NONCE_SAME, false,
      "is out of date" },
  { "ended", WHO_LEAF, WHO_CA, GOOD, -2 * HOUR, -HOUR, NONCE_SAME, false,
      "is out of date" },
  { "ended, unverified", WHO_LEAF, WHO_CA, GOOD, -2 * HOUR, -HOUR, NONCE_SAME,
      true, "is out of date" },
  { "clock a little behind", WHO_LEAF, WHO_CA, GOOD, 299, HOUR, NONCE_SAME,
      false, NULL },
  { "from the future", WHO_LEAF, WHO_CA, GOOD, 301, HOUR, NONCE_SAME, false,
      "is from the future" },
  { "ends before it begins", WHO_LEAF, WHO_CA, GOOD, 200, 100, NONCE_SAME,
      false, "is out of date" },
  { "no end", WHO_LEAF, WHO_CA, GOOD, -60, 0, NONCE_SAME, false, NULL },
  { "no end, an hour old", WHO_LEAF, WHO_CA, GOOD, -HOUR, 0, NONCE_SAME, false,
      "is out of date" },
};

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *text) {
  X509_EXTENSION *ext;
  X509V3_CTX ctx;

  X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
  ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, text);
  assert_non_null(ext);
  assert_int_equal(X509_add_ext(cert, ext, -1), 1);
  X509_EXTENSION_free(ext);
}

static void set_subject(X509 *cert, const char *value) {
  X509_NAME *name = X509_NAME_new();

  assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                       (const unsigned char *) value, -1, -1, 0),
      1);
  assert_int_equal(X509_set_subject_name(cert, name), 1);
  X509_NAME_free(name);
}

static void make_person(enum who who) {
  const struct person *person = &persons[who];
  X509 *cert = X509_new(), *issuer;

  certs[who] = cert;
  keys[who] = EVP_EC_gen("P-256");
  issuer = certs[person->issuer];
  assert_non_null(keys[who]);
  assert_int_equal(X509_set_version(cert, X509_VERSION_3), 1);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 100 + (long) who);
  ASN1_TIME_set(X509_getm_notBefore(cert), NOW - YEAR);
  ASN1_TIME_set(X509_getm_notAfter(cert), NOW + person->until);
  set_subject(cert, person->name);
  X509_set_issuer_name(cert, X509_get_subject_name(issuer));
  X509_set_pubkey(cert, keys[who]);
  add_extension(cert, issuer, NID_basic_constraints,
      person->usage == NULL ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (person->usage != NULL) {
    add_extension(cert, issuer, NID_ext_key_usage, person->usage);
  }
  assert_true(X509_sign(cert, keys[person->issuer], EVP_sha256()) > 0);
}

static int make_persons(void **unused) {
  (void) unused;
  for (int i = 0; i < WHO_COUNT; i++) {
    make_person((enum who) i);
  }

  return 0;
}

static int free_persons(void **unused) {
  (void) unused;
  for (int i = 0; i < WHO_COUNT; i++) {
    X509_free(certs[i]);
    EVP_PKEY_free(keys[i]);
  }

  return 0;
}

static OCSP_REQUEST *new_request(enum nonce nonce) {
  bool with_nonce = nonce != NONCE_NONE && nonce != NONCE_ADDED;
  struct ftps_error err;
  OCSP_REQUEST *req;

  ftps_error_clear(&err);
  req = ftps_response_new_request(certs[WHO_LEAF], certs[WHO_CA], with_nonce,
      &err);
  assert_non_null(req);
  return req;
}

static void add_nonce(OCSP_BASICRESP *basic, OCSP_REQUEST *req,
    enum nonce nonce) {
  unsigned char other[16] = "another request";

  if (nonce == NONCE_SAME) {
    assert_int_equal(OCSP_copy_nonce(basic, req), 1);
  } else if (nonce == NONCE_OTHER || nonce == NONCE_ADDED ||
      nonce == NONCE_ANY) {
    assert_int_equal(OCSP_basic_add1_nonce(basic, other, sizeof(other)), 1);
  }
}

static int make_response(const struct response *row, OCSP_REQUEST *req,
    unsigned char **der_out) {
  OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
  OCSP_CERTID *id = OCSP_cert_to_id(NULL, certs[row->about], certs[WHO_CA]);
  ASN1_TIME *from = ASN1_GENERALIZEDTIME_set(NULL, NOW + row->from);
  ASN1_TIME *until =
      row->until != 0 ? ASN1_GENERALIZEDTIME_set(NULL, NOW + row->until) : NULL;
  ASN1_TIME *revoked = ASN1_GENERALIZEDTIME_set(NULL, NOW - HOUR);
  OCSP_RESPONSE *resp;
  int len;

  assert_non_null(OCSP_basic_add1_status(basic, id, row->status,
      OCSP_REVOKED_STATUS_KEYCOMPROMISE, revoked, from, until));
  add_nonce(basic, req, row->nonce);
  assert_int_equal(OCSP_basic_sign(basic, certs[row->signer], keys[row->signer],
                       EVP_sha256(), NULL, 0),
      1);
  resp = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
  *der_out = NULL;
  len = i2d_OCSP_RESPONSE(resp, der_out);
  assert_true(len > 0);
  OCSP_RESPONSE_free(resp);
  OCSP_BASICRESP_free(basic);
  OCSP_CERTID_free(id);
  ASN1_TIME_free(from);
  ASN1_TIME_free(until);
  ASN1_TIME_free(revoked);
  return len;
}

static void check_row(const struct response *row) {
  OCSP_REQUEST *req = new_request(row->nonce);
  struct ftps_response_rules rules = { .cert = certs[WHO_LEAF],
    .issuer = certs[WHO_CA],
    .request = row->nonce != NONCE_ANY ? req : NULL,
    .is_unverified = row->is_unverified,
    .now = NOW };
  struct ftps_response_answer answer;
  struct ftps_error err;
  unsigned char *der;
  int len = make_response(row, req, &der), res;

  ftps_error_clear(&err);
  res = ftps_response_judge(&rules, der, (size_t) len, &answer, &err);
  if (row->fault != NULL) {
    if (res == 0 || strstr(err.text, row->fault) == NULL) {
      fail_msg("%s: %s", row->name, res == 0 ? "taken" : err.text);
    }
  } else if (res < 0) {
    fail_msg("%s: %s", row->name, err.text);
  } else {
    assert_int_equal(answer.state,
        row->status == GOOD          ? FTPS_RESPONSE_GOOD
            : row->status == REVOKED ? FTPS_RESPONSE_REVOKED
                                     : FTPS_RESPONSE_UNKNOWN);
    assert_int_equal(answer.from, NOW + row->from);
    assert_int_equal(answer.has_expiry, row->until != 0);
    assert_int_equal(answer.expires,
        row->until != 0 ? NOW + row->until : NOW + row->from + HOUR);
  }

  assert_int_equal(ERR_peek_error(), 0);
  OPENSSL_free(der);
  OCSP_REQUEST_free(req);
}

static void test_rows(void **unused) {
  (void) unused;
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    check_row(&cases[i]);
  }
}

static int judge(const unsigned char *der, size_t len, struct ftps_error *err) {
  struct ftps_response_rules rules = { .cert = certs[WHO_LEAF],
    .issuer = certs[WHO_CA],
    .now = NOW };
  struct ftps_response_answer answer;

  ftps_error_clear(err);
  return ftps_response_judge(&rules, der, len, &answer, err);
}

/* No cut and no changed byte may be taken for a response, or crash. */
static void test_damaged(void **unused) {
  OCSP_REQUEST *req = new_request(NONCE_SAME);
  unsigned char *der, *copy;
  struct ftps_error err;
  size_t len;

  (void) unused;
  len = (size_t) make_response(&cases[3], req, &der);
  copy = OPENSSL_malloc(len + 1);
  assert_int_equal(judge(der, len, &err), 0);
  for (size_t n = 0; n < len; n++) {
    memcpy(copy, der, n);
    assert_int_equal(judge(copy, n, &err), -1);
    assert_string_equal(err.text, "cannot be read");
  }

  memcpy(copy, der, len);
  copy[len] = 0;
  assert_int_equal(judge(copy, len + 1, &err), -1);

  /* What is signed; behind it are the signature and certificates, which may
   * bear a change without harm.
   */
  for (size_t i = 0; i < len / 3; i++) {
    copy[i] ^= 0x11;
    (void) judge(copy, len, &err);
    copy[i] ^= 0x11;
  }

  OPENSSL_free(copy);
  OPENSSL_free(der);
  OCSP_REQUEST_free(req);
}

static void test_status(void **unused) {
  static const unsigned char later[] = { 0x30, 3, 0x0a, 1, 3 };
  static const unsigned char bare[] = { 0x30, 3, 0x0a, 1, 0 };
  struct ftps_error err;

  (void) unused;
  assert_int_equal(judge(later, sizeof(later), &err), -1);
  assert_string_equal(err.text, "says that the request failed: trylater");
  assert_int_equal(judge(bare, sizeof(bare), &err), -1);
  assert_string_equal(err.text, "is of a kind that cannot be read");
  assert_int_equal(judge((const unsigned char *) "garbage", 7, &err), -1);
}

static void test_times(void **unused) {
  static const long delays[] = { 15, 15, 30, 60, 120, 240, 480, 900, 900 };
  struct ftps_response_answer answer = { .expires = NOW + HOUR };

  (void) unused;
  assert_int_equal(ftps_response_next_request(&answer, NOW), NOW + HOUR / 2);
  answer.expires = NOW + 300 * 24 * HOUR;
  assert_int_equal(ftps_response_next_request(&answer, NOW), NOW + 24 * HOUR);
  answer.expires = NOW + 20;
  assert_int_equal(ftps_response_next_request(&answer, NOW), NOW + 15);
  for (size_t i = 0; i < COUNT_OF(delays); i++) {
    assert_int_equal(ftps_response_next_attempt((unsigned int) i, NOW),
        NOW + delays[i]);
  }
  assert_int_equal(ftps_response_next_attempt(UINT32_MAX, NOW), NOW + 900);

  assert_false(ftps_response_is_due(NOW, NOW + 15, NOW));
  assert_false(ftps_response_is_due(NOW, NOW + 15, NOW + 14));
  assert_true(ftps_response_is_due(NOW, NOW + 15, NOW + 15));
  assert_true(ftps_response_is_due(0, 0, NOW));
  assert_true(ftps_response_is_due(NOW + 1000, NOW + 1015, NOW));
}

/* A response of ten days is asked for again when five are left. */
static void test_last(void **state) {
  static const struct {
    long left;
    const char *text;
  } rows[] = {
    { 5 * 24 * HOUR, "the last response while that is valid" },
    { 3 * 24 * HOUR, "the last response while that is valid" },
    { 3 * 24 * HOUR - 1, "the last response, which expires in 2 days" },
    { 5 * HOUR, "the last response, which expires in 5 hours" },
    { 0, "no response" },
    { -HOUR, "no response" },
  };
  char text[80];

  (void) state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    struct ftps_response_answer answer = { .expires = NOW + rows[i].left };

    answer.from = answer.expires - 10 * 24 * HOUR;
    ftps_response_describe_last(&answer, NOW, text, sizeof(text));
    assert_string_equal(text, rows[i].text);
  }

  ftps_response_describe_last(NULL, NOW, text, sizeof(text));
  assert_string_equal(text, "no response");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_rows),
    cmocka_unit_test(test_damaged),
    cmocka_unit_test(test_status),
    cmocka_unit_test(test_times),
    cmocka_unit_test(test_last),
  };

  return cmocka_run_group_tests(tests, make_persons, free_persons);
}
