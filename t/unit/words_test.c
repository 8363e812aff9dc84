/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * words_test.c: the words of the configuration (base/words.h).
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/words.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define TLS_ALL \
  (FTPS_PROTO_TLSV1_0 | FTPS_PROTO_TLSV1_1 | FTPS_PROTO_TLSV1_2 | \
      FTPS_PROTO_TLSV1_3)

/* Splits `text` at single spaces and parses it; the error's text is left in
 * `err`.
 */
static int parse_protocols(const char *text, unsigned int *protocols,
    struct ftps_error *err) {
  char copy[256], *save = NULL;
  const char *words[16];
  size_t n = 0;

  (void) snprintf(copy, sizeof(copy), "%s", text);
  for (char *word = strtok_r(copy, " ", &save); word != NULL;
       word = strtok_r(NULL, " ", &save)) {
    assert_true(n < COUNT_OF(words));
    words[n++] = word;
  }

  ftps_error_clear(err);
  return ftps_words_parse_protocols(words, n, protocols, err);
}

static void test_protocols_accepted(void **state) {
  static const struct {
    const char *text;
    unsigned int protocols;
  } rows[] = {
    { "TLSv1.2", FTPS_PROTO_TLSV1_2 },
    { "tlsV1.2 TLSV1.3", FTPS_PROTO_DEFAULT },
    { "TLSv1.2 TLSv1.2", FTPS_PROTO_TLSV1_2 },
    { "TLSv1", FTPS_PROTO_TLSV1_0 },
    { "TLSv1.0", FTPS_PROTO_TLSV1_0 },
    { "SSLv3 TLSv1.1", FTPS_PROTO_SSLV3 | FTPS_PROTO_TLSV1_1 },
    { "SSLv23", FTPS_PROTO_SSLV3 | TLS_ALL },
    { "sslv23 TLSv1.3", FTPS_PROTO_SSLV3 | TLS_ALL },
    { "ALL", FTPS_PROTO_SSLV3 | TLS_ALL },
    { "all -SSLv3", TLS_ALL },
    { "ALL -SSLv3 -TLSv1 -TLSv1.1", FTPS_PROTO_DEFAULT },
    { "ALL -SSLv23 +TLSv1.3", FTPS_PROTO_TLSV1_3 },
    { "ALL -TLSv1.3 +TLSv1.3", FTPS_PROTO_SSLV3 | TLS_ALL },
  };

  (void) state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    unsigned int protocols = 0;
    struct ftps_error err;

    if (parse_protocols(rows[i].text, &protocols, &err) < 0) {
      fail_msg("\"%s\" refused: %s", rows[i].text, err.text);
    }
    if (protocols != rows[i].protocols) {
      fail_msg("\"%s\" is 0x%x", rows[i].text, protocols);
    }
  }
}

static void test_protocols_refused(void **state) {
  static const struct {
    const char *text, *named, *remedy;
  } rows[] = {
    { "TLSv9", "\"TLSv9\"", "TLSv1.3" },
    { "TLSv1.2 SSLv2", "\"SSLv2\"", "TLSv1.3" },
    { "ALL TLSv1", "\"TLSv1\"", "-TLSv1" },
    { "ALL -TLSv9", "\"-TLSv9\"", "TLSv1.3" },
    { "ALL -", "\"-\"", "TLSv1.3" },
    { "ALL ALL", "\"ALL\"", "+ALL" },
    { "-TLSv1", "\"-TLSv1\"", "ALL -TLSv1" },
    { "TLSv1.2 +TLSv1.3", "\"+TLSv1.3\"", "ALL +TLSv1.3" },
    { "TLSv1.2 ALL", "\"ALL\"", "first" },
    { "ALL -SSLv23", "\"-SSLv23\"", "at least one" },
    { "", "\"\"", "at least one" },
  };

  (void) state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    unsigned int protocols = 0xbad;
    struct ftps_error err;

    if (parse_protocols(rows[i].text, &protocols, &err) == 0) {
      fail_msg("\"%s\" accepted", rows[i].text);
    }
    assert_int_equal(protocols, 0xbad);
    if (strstr(err.text, rows[i].named) == NULL ||
        strstr(err.text, rows[i].remedy) == NULL) {
      fail_msg("\"%s\" refused with: %s", rows[i].text, err.text);
    }
  }
}

static void test_long_word_is_cut(void **state) {
  char word[4096];
  unsigned int protocols;
  struct ftps_error err;
  const char *words[1] = { word };

  (void) state;
  memset(word, 'x', sizeof(word) - 1);
  word[sizeof(word) - 1] = '\0';
  ftps_error_clear(&err);
  assert_int_equal(ftps_words_parse_protocols(words, 1, &protocols, &err), -1);
  assert_non_null(strstr(err.text, "before them"));
}

/* The bits are an interface: mod_proxy tests 0x0200. */
static void test_option_bits(void **state) {
  static const struct {
    const char *word;
    unsigned long bit;
    enum ftps_word_use use;
  } rows[] = {
    { "dNSNameRequired", 0x0002, FTPS_WORD_USED },
    { "iPAddressRequired", 0x0004, FTPS_WORD_USED },
    { "AllowDotLogin", 0x0008, FTPS_WORD_USED },
    { "ExportCertData", 0x0010, FTPS_WORD_USED },
    { "StdEnvVars", 0x0020, FTPS_WORD_USED },
    { "AllowPerUser", 0x0040, FTPS_WORD_USED },
    { "EnableDiags", 0x0080, FTPS_WORD_USED },
    { "NoSessionReuseRequired", 0x0100, FTPS_WORD_USED },
    { "UseImplicitSSL", 0x0200, FTPS_WORD_USED },
    { "AllowClientRenegotiation", 0, FTPS_WORD_NO_EFFECT },
    { "AllowClientRenegotiations", 0, FTPS_WORD_NO_EFFECT },
    { "CommonNameRequired", 0x0800, FTPS_WORD_USED },
    { "NoAutoECDH", 0, FTPS_WORD_NO_EFFECT },
    { "AllowWeakDH", 0x2000, FTPS_WORD_USED },
    { "IgnoreSNI", 0x4000, FTPS_WORD_USED },
    { "AllowWeakSecurity", 0x8000, FTPS_WORD_USED },
    { "CertificateAndPassword", 0x01000000, FTPS_WORD_USED },
    { "EarlyDataHandshake", 0x02000000, FTPS_WORD_USED },
    { "DataWithHandshake", 0x10000000, FTPS_WORD_USED },
    { "KernelTLS", 0x04000000, FTPS_WORD_USED },
    { "ReplyWhenSent", 0x08000000, FTPS_WORD_USED },
    { "SessionReuseRequiredAfterCCC", 0x20000000, FTPS_WORD_USED },
    { "OwnSessionOnly", 0x800000, FTPS_WORD_USED },
    { "NoEmptyFragments", 0x10000, FTPS_WORD_USED },
    { "NoCertRequest", 0, FTPS_WORD_NO_EFFECT },
  };

  (void) state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    const struct ftps_option_word *option =
        ftps_words_find_option(rows[i].word);

    assert_non_null(option);
    assert_string_equal(option->word, rows[i].word);
    assert_int_equal(option->bit, rows[i].bit);
    assert_int_equal(option->use, rows[i].use);
    assert_int_equal((ftps_words_used_options() & rows[i].bit) != 0,
        rows[i].bit != 0 && rows[i].use == FTPS_WORD_USED);
  }

  assert_non_null(ftps_words_find_option("useimplicitssl"));
  assert_null(ftps_words_find_option("UseImplicit"));
  assert_null(ftps_words_find_option(""));
}

static void test_options_printed(void **state) {
  char text[256], small[12];

  (void) state;
  ftps_words_print_options(FTPS_OPT_IMPLICIT_SSL | FTPS_OPT_IGNORE_SNI, text,
      sizeof(text));
  assert_string_equal(text, "UseImplicitSSL IgnoreSNI");
  ftps_words_print_options(FTPS_OPT_STD_ENV_VARS, text, sizeof(text));
  assert_string_equal(text, "StdEnvVars");
  ftps_words_print_options(0, text, sizeof(text));
  assert_string_equal(text, "");
  ftps_words_print_options(~0UL, small, sizeof(small));
  assert_string_equal(small, "dNSNameRequ");
  ftps_words_print_options(~0UL, NULL, 0);
}

static void test_required(void **state) {
  static const struct ftps_required_word rows[] = {
    { "on", 1, 1, 1 },
    { "OFF", 0, 0, 0 },
    { "both", 1, 1, 1 },
    { "ctrl", 1, 0, 1 },
    { "control", 1, 0, 1 },
    { "ctrl+data", 1, 1, 1 },
    { "ctrl+!data", 1, -1, 1 },
    { "data", 0, 1, 0 },
    { "!data", 0, -1, 0 },
    { "auth", 0, 0, 1 },
    { "Auth+Data", 0, 1, 1 },
    { "auth+!data", 0, -1, 1 },
    { "true", 1, 1, 1 },
    { "0", 0, 0, 0 },
  };

  (void) state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    const struct ftps_required_word *word =
        ftps_words_find_required(rows[i].word);

    assert_non_null(word);
    assert_int_equal(word->control, rows[i].control);
    assert_int_equal(word->data, rows[i].data);
    assert_int_equal(word->auth, rows[i].auth);
  }

  assert_null(ftps_words_find_required("data+ctrl"));
  assert_null(ftps_words_find_required("!ctrl"));
  assert_null(ftps_words_find_required(""));
}

static void test_verify_and_truncation(void **state) {
  unsigned int truncation = FTPS_TRUNCATION_OFF, verify = FTPS_VERIFY_OFF;

  (void) state;
  assert_int_equal(ftps_words_find(ftps_words_verify, "Optional", &verify), 0);
  assert_int_equal(verify, FTPS_VERIFY_OPTIONAL);
  assert_int_equal(ftps_words_find(ftps_words_verify, "yes", &verify), 0);
  assert_int_equal(verify, FTPS_VERIFY_ON);
  assert_int_equal(ftps_words_find(ftps_words_verify, "maybe", &verify), -1);
  assert_int_equal(verify, FTPS_VERIFY_ON);
  assert_int_equal(ftps_words_find(ftps_words_verify, "0", &verify), 0);
  assert_int_equal(verify, FTPS_VERIFY_OFF);

  assert_int_equal(ftps_words_find(ftps_words_truncation, "STRICT",
                       &truncation),
      0);
  assert_int_equal(truncation, FTPS_TRUNCATION_STRICT);
  assert_int_equal(ftps_words_find(ftps_words_truncation, "log", &truncation),
      0);
  assert_int_equal(truncation, FTPS_TRUNCATION_LOG);
  assert_int_equal(ftps_words_find(ftps_words_truncation, "no", &truncation),
      -1);
  assert_int_equal(truncation, FTPS_TRUNCATION_LOG);
}

static void test_ocsp(void **state) {
  enum ftps_verify_order order = FTPS_ORDER_CRL;
  unsigned int bit = 0;

  (void) state;
  assert_int_equal(ftps_words_find(ftps_words_stapling, "nononce", &bit), 0);
  assert_int_equal(bit, FTPS_STAPLE_NO_NONCE);
  assert_int_equal(ftps_words_find(ftps_words_stapling, "NoVerify", &bit), 0);
  assert_int_equal(bit, FTPS_STAPLE_NO_VERIFY);
  assert_int_equal(ftps_words_find(ftps_words_stapling, "NoFakeTryLater", &bit),
      0);
  assert_int_equal(bit, FTPS_STAPLE_NO_FAKE);
  assert_int_equal(ftps_words_find(ftps_words_stapling, "NoFake", &bit), -1);

  assert_int_equal(ftps_words_parse_verify_order("OCSP", NULL, &order), 0);
  assert_int_equal(order, FTPS_ORDER_OCSP);
  assert_int_equal(ftps_words_parse_verify_order("crl", "ocsp", &order), 0);
  assert_int_equal(order, FTPS_ORDER_CRL_OCSP);
  assert_int_equal(ftps_words_parse_verify_order("ocsp", "CRL", &order), 0);
  assert_int_equal(order, FTPS_ORDER_OCSP_CRL);
  assert_int_equal(ftps_words_parse_verify_order("ocsp", "ocsp", &order), -1);
  assert_int_equal(ftps_words_parse_verify_order("off", NULL, &order), -1);
  assert_int_equal(order, FTPS_ORDER_OCSP_CRL);
  assert_int_equal(ftps_words_parse_verify_order("crl", NULL, &order), 0);
  assert_int_equal(order, FTPS_ORDER_CRL);
}

static void test_numbers(void **state) {
  static const char *const refused[] = { "", "-1", "+1", " 1", "1 ", "1x",
    "0x1", "101", "4294967297", "99999999999999999999" };
  unsigned int number = 7;

  (void) state;
  for (size_t i = 0; i < COUNT_OF(refused); i++) {
    if (ftps_words_parse_number(refused[i], 100, &number) == 0) {
      fail_msg("\"%s\" accepted", refused[i]);
    }
  }
  assert_int_equal(number, 7);

  assert_int_equal(ftps_words_parse_number("0", 0, &number), 0);
  assert_int_equal(number, 0);
  assert_int_equal(ftps_words_parse_number("1", 0, &number), -1);
  assert_int_equal(ftps_words_parse_number("100", 100, &number), 0);
  assert_int_equal(number, 100);
  assert_int_equal(ftps_words_parse_number("4294967295", UINT32_MAX, &number),
      0);
  assert_int_equal(number, UINT32_MAX);
}

static void test_durations(void **state) {
  static const struct {
    const char *word;
    unsigned int seconds;
  } rows[] = {
    { "0", 0 },
    { "0s", 0 },
    { "90", 90 },
    { "90s", 90 },
    { "90SEC", 90 },
    { "5m", 300 },
    { "5min", 300 },
    { "2h", 7200 },
    { "2hr", 7200 },
    { "1h30m", 5400 },
    { "1hr2min3sec", 3723 },
    { "1h5s", 3605 },
    { "01:02:03", 3723 },
    { "0:0:9", 9 },
    { "2000000", FTPS_WORDS_MAX_DURATION },
  };
  static const char *const refused[] = { "", "s", "-1", "5x", "5ms", "5 m",
    "m5", "1m1h", "1s1s", "1h1hr", "1h30", "0s5", "1.5h", "2000001", "600h",
    "555h3000m", "4294967296", "1:2", "1:2:", "1:2:3:4", "100:00:00", "a:b:c",
    "::" };
  unsigned int seconds;

  (void) state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    if (ftps_words_parse_duration(rows[i].word, &seconds) < 0 ||
        seconds != rows[i].seconds) {
      fail_msg("\"%s\"", rows[i].word);
    }
  }

  seconds = 7;
  for (size_t i = 0; i < COUNT_OF(refused); i++) {
    if (ftps_words_parse_duration(refused[i], &seconds) == 0) {
      fail_msg("\"%s\" accepted", refused[i]);
    }
  }
  assert_int_equal(seconds, 7);
}

static void test_user_names(void **state) {
  unsigned int kind = FTPS_CERTNAME_DNS;

  (void) state;
  assert_int_equal(ftps_words_find(ftps_words_user_name, "commonname", &kind),
      0);
  assert_int_equal(kind, FTPS_CERTNAME_COMMON);
  assert_int_equal(ftps_words_find(ftps_words_user_name, "EmailSubjAltName",
                       &kind),
      0);
  assert_int_equal(kind, FTPS_CERTNAME_EMAIL);
  assert_int_equal(ftps_words_find(ftps_words_user_name, "off", &kind), 0);
  assert_int_equal(kind, FTPS_CERTNAME_NONE);
  assert_int_equal(ftps_words_find(ftps_words_user_name, "1.2.3", &kind), -1);
  assert_int_equal(kind, FTPS_CERTNAME_NONE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_protocols_accepted),
    cmocka_unit_test(test_protocols_refused),
    cmocka_unit_test(test_long_word_is_cut),
    cmocka_unit_test(test_option_bits),
    cmocka_unit_test(test_options_printed),
    cmocka_unit_test(test_required),
    cmocka_unit_test(test_verify_and_truncation),
    cmocka_unit_test(test_ocsp),
    cmocka_unit_test(test_user_names),
    cmocka_unit_test(test_numbers),
    cmocka_unit_test(test_durations),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
