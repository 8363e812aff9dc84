/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * cert_advice_test.c: what is said about certificates and revocation lists
 * (vhost/cert_advice.h), at times that the test chooses.
 */
#include "vhost/cert_advice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "base/settings.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define DAY  86400L
#define NOON 1800000000L /* some day in 2027 */

static EVP_PKEY *key;
static X509 *leaf, *inner, *root, *stranger;
static STACK_OF(X509) * chain;
static struct ftps_advice about;
static char told[FTPS_ERROR_TEXT_SIZE];
static unsigned int times;

static void hear(enum ftps_severity severity, const char *text) {
  assert_int_equal(severity, FTPS_SEVERITY_NOTICE);
  (void) snprintf(told, sizeof(told), "%s", text);
  times++;
}

static X509_NAME *make_name(const char *value) {
  X509_NAME *name = X509_NAME_new();

  assert_int_equal(X509_NAME_add_entry_by_NID(name, NID_commonName,
                       MBSTRING_UTF8, (const unsigned char *) value, -1, -1, 0),
      1);
  return name;
}

/* All with the same key: nobody looks at the signatures here. */
static X509 *make(const char *subject, const char *issuer) {
  X509_NAME *names[] = { make_name(subject), make_name(issuer) };
  X509 *cert = X509_new();

  assert_non_null(cert);
  assert_int_equal(X509_set_subject_name(cert, names[0]), 1);
  assert_int_equal(X509_set_issuer_name(cert, names[1]), 1);
  X509_NAME_free(names[0]);
  X509_NAME_free(names[1]);
  assert_non_null(ASN1_TIME_set(X509_getm_notBefore(cert), NOON - 365 * DAY));
  assert_non_null(ASN1_TIME_set(X509_getm_notAfter(cert), NOON + 365 * DAY));
  assert_int_equal(X509_set_pubkey(cert, key), 1);
  assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
  return cert;
}

static void set_life(long from_days, long to_days) {
  assert_non_null(
      ASN1_TIME_set(X509_getm_notBefore(leaf), NOON + from_days * DAY));
  assert_non_null(
      ASN1_TIME_set(X509_getm_notAfter(leaf), NOON + to_days * DAY + 60));
}

static void set_names(const char *alt_names) {
  X509_EXTENSION *ext =
      X509V3_EXT_nconf_nid(NULL, NULL, NID_subject_alt_name, alt_names);

  assert_non_null(ext);
  assert_int_equal(X509_add_ext(leaf, ext, -1), 1);
  X509_EXTENSION_free(ext);
}

static void append(X509 *cert) {
  assert_int_equal(X509_up_ref(cert), 1);
  assert_true(sk_X509_push(chain, cert) > 0);
}

static int start(void **state) {
  (void) state;
  leaf = make("ftp.example.com", "inner CA");
  inner = make("inner CA", "root CA");
  root = make("root CA", "root CA");
  stranger = make("other CA", "root CA");
  chain = sk_X509_new_null();
  about = (struct ftps_advice){ "TLSECCertificateFile", "/c", NOON, hear };
  times = 0;
  told[0] = '\0';
  ERR_clear_error();
  return 0;
}

static int finish(void **state) {
  (void) state;
  X509_free(leaf);
  X509_free(inner);
  X509_free(root);
  X509_free(stranger);
  sk_X509_pop_free(chain, X509_free);
  assert_int_equal(ERR_peek_error(), 0);
  return 0;
}

static void assert_told(const char *part) {
  assert_int_equal(times, part != NULL ? 1 : 0);
  if (part != NULL) {
    assert_memory_equal(told, "TLSECCertificateFile /c: ", 25);
    assert_non_null(strstr(told, part));
  }
  times = 0;
}

static void dates_of_a_certificate(void **state) {
  static const struct {
    long from, to; /* days from now */
    const char *text;
  } rows[] = {
    { -365, 365, NULL },
    { -365, 31, NULL },
    { -365, 29, "expires in 29 days" },
    { -365, 0, "expires in 0 hours" },
    { -365, -1, "has expired" },
    { 1, 365, "is not valid yet" },
    { 1, 2, "is not valid yet" },

    /* Those that live for 90 or for 6 days are renewed late, and in time. */
    { -62, 28, NULL },
    { -65, 25, "expires in 25 days" },
    { -70, 20, "expires in 20 days" },
    { -82, 8, "far too late" },
    { -3, 3, NULL },
    { -5, 1, "expires in 24 hours" },
    { -6, 0, "at once" },
  };

  (void) state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    set_life(rows[i].from, rows[i].to);
    ftps_cert_advice_dates(&about, leaf, chain);
    assert_told(rows[i].text);
  }
}

static void an_expired_ca(void **state) {
  (void) state;
  append(inner);
  ftps_cert_advice_dates(&about, leaf, chain);
  assert_told(NULL);
  assert_non_null(ASN1_TIME_set(X509_getm_notAfter(inner), NOON - 1));
  ftps_cert_advice_dates(&about, leaf, chain);
  assert_told("CA \"CN = inner CA\" has expired");
}

static void names_of_the_server(void **state) {
  static const char *aliases[] = { "files.example.com", "*.example.org" };
  struct ftps_settings settings = { .server_name = "ftp.example.com",
    .aliases = aliases,
    .alias_count = 1 };

  (void) state;
  ftps_cert_advice_names(&about, leaf, &settings);
  assert_told("has no subjectAltName");

  set_names("DNS:FTP.example.com,DNS:*.sub.example.com");
  ftps_cert_advice_names(&about, leaf, &settings);
  assert_told("not made out to \"files.example.com\" (ServerAlias)");

  settings.alias_count = 0;
  ftps_cert_advice_names(&about, leaf, &settings);
  assert_told(NULL);

  aliases[0] = "a.sub.example.com";
  settings.alias_count = COUNT_OF(aliases);
  ftps_cert_advice_names(&about, leaf, &settings);
  assert_told(NULL);

  settings.server_name = "ftp.example.net";
  ftps_cert_advice_names(&about, leaf, &settings);
  assert_told("not made out to \"ftp.example.net\" (ServerName)");
}

static void a_server_name_that_is_no_host(void **state) {
  static const char *const names[] = { "ProFTPD Default Installation", "Debian",
    "192.0.2.1", "Files of example.com", "", "v1.0!" };
  struct ftps_settings settings = { .alias_count = 0 };

  (void) state;
  set_names("DNS:x.example");
  for (size_t i = 0; i < COUNT_OF(names); i++) {
    settings.server_name = names[i];
    ftps_cert_advice_names(&about, leaf, &settings);
    assert_told(NULL);
  }
}

static void order_of_a_chain(void **state) {
  (void) state;
  ftps_cert_advice_order(&about, leaf, chain);
  append(inner);
  append(root);
  ftps_cert_advice_order(&about, leaf, chain);
  assert_told(NULL);

  (void) sk_X509_set(chain, 0, root);
  (void) sk_X509_set(chain, 1, inner);
  ftps_cert_advice_order(&about, leaf, chain);
  assert_told("out of order");
}

static void a_chain_for_two(void **state) {
  (void) state;
  append(stranger);
  append(inner);
  append(root);
  ftps_cert_advice_order(&about, leaf, chain);
  assert_told(NULL);
}

static void an_issuer_that_is_missing(void **state) {
  X509_STORE *known = X509_STORE_new();

  (void) state;
  assert_true(ftps_cert_advice_lacks_issuer(leaf, chain, NULL));
  assert_true(ftps_cert_advice_lacks_issuer(leaf, chain, known));
  assert_false(ftps_cert_advice_lacks_issuer(root, chain, NULL));

  append(stranger);
  assert_true(ftps_cert_advice_lacks_issuer(leaf, chain, known));
  append(inner);
  assert_false(ftps_cert_advice_lacks_issuer(leaf, chain, known));

  assert_int_equal(X509_STORE_add_cert(known, root), 1);
  assert_false(ftps_cert_advice_lacks_issuer(inner, chain, known));
  X509_STORE_free(known);

  ftps_cert_advice_incomplete(&about, leaf);
  assert_told("issuer \"CN = inner CA\" is not there");
}

static void age_of_a_list(void **state) {
  static const struct {
    long from, to;
    const char *text;
  } rows[] = {
    { -30, 10, NULL },
    { -30, 6, "expires in 6 days" },
    { -30, -1, "has expired" },
    { -1, 1, NULL },
    { -6, 1, "expires in 24 hours" },
  };
  X509_CRL *list = X509_CRL_new();
  X509_NAME *name = make_name("client CA");
  ASN1_TIME *when = ASN1_TIME_new();

  (void) state;
  ftps_cert_advice_list(&about, list);
  assert_told(NULL);

  assert_int_equal(X509_CRL_set_issuer_name(list, name), 1);
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    assert_non_null(ASN1_TIME_set(when, NOON + rows[i].from * DAY));
    assert_int_equal(X509_CRL_set1_lastUpdate(list, when), 1);
    assert_non_null(ASN1_TIME_set(when, NOON + rows[i].to * DAY + 60));
    assert_int_equal(X509_CRL_set1_nextUpdate(list, when), 1);
    ftps_cert_advice_list(&about, list);
    assert_told(rows[i].text);
  }

  ASN1_TIME_free(when);
  X509_NAME_free(name);
  X509_CRL_free(list);
}

/* Nobody computes with this key, so any odd number will do. */
static void set_rsa(int bits) {
  BIGNUM *n = BN_new(), *e = BN_new();
  OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
  EVP_PKEY_CTX *making = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
  OSSL_PARAM *params;
  EVP_PKEY *rsa = NULL;

  assert_int_equal(BN_set_bit(n, bits - 1) & BN_set_bit(n, 0), 1);
  assert_int_equal(BN_set_word(e, 65537), 1);
  assert_int_equal(OSSL_PARAM_BLD_push_BN(build, "n", n), 1);
  assert_int_equal(OSSL_PARAM_BLD_push_BN(build, "e", e), 1);
  params = OSSL_PARAM_BLD_to_param(build);
  assert_int_equal(EVP_PKEY_fromdata_init(making), 1);
  assert_int_equal(EVP_PKEY_fromdata(making, &rsa, EVP_PKEY_PUBLIC_KEY, params),
      1);
  assert_int_equal(X509_set_pubkey(leaf, rsa), 1);

  EVP_PKEY_free(rsa);
  OSSL_PARAM_free(params);
  EVP_PKEY_CTX_free(making);
  OSSL_PARAM_BLD_free(build);
  BN_free(n);
  BN_free(e);
}

static void keys_that_cost_much(void **state) {
  (void) state;
  ftps_cert_advice_cost(&about, leaf);
  set_rsa(3072);
  ftps_cert_advice_cost(&about, leaf);
  assert_told(NULL);
  set_rsa(4096);
  ftps_cert_advice_cost(&about, leaf);
  assert_told("the RSA key has 4096 bits");
}

static void bytes_of_strangers_are_escaped(void **state) {
  X509 *odd = make("x", "CA\nfatal: \033[31m");

  (void) state;
  ftps_cert_advice_incomplete(&about, odd);
  assert_null(strpbrk(told, "\n\033"));
  X509_free(odd);
}

static int make_key(void **state) {
  (void) state;
  key = EVP_EC_gen("P-256");
  return key != NULL ? 0 : -1;
}

static int free_key(void **state) {
  (void) state;
  EVP_PKEY_free(key);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(dates_of_a_certificate, start, finish),
    cmocka_unit_test_setup_teardown(an_expired_ca, start, finish),
    cmocka_unit_test_setup_teardown(names_of_the_server, start, finish),
    cmocka_unit_test_setup_teardown(a_server_name_that_is_no_host, start,
        finish),
    cmocka_unit_test_setup_teardown(order_of_a_chain, start, finish),
    cmocka_unit_test_setup_teardown(a_chain_for_two, start, finish),
    cmocka_unit_test_setup_teardown(an_issuer_that_is_missing, start, finish),
    cmocka_unit_test_setup_teardown(age_of_a_list, start, finish),
    cmocka_unit_test_setup_teardown(keys_that_cost_much, start, finish),
    cmocka_unit_test_setup_teardown(bytes_of_strangers_are_escaped, start,
        finish),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, make_key, free_key);
}
