/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * settings_check_test.c: directives that do not go together
 * (vhost/settings_check.h).
 */
#include "vhost/settings_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/settings.h"
#include "vhost/settings_advice.h"

static struct ftps_settings settings;
static char told[FTPS_ERROR_TEXT_SIZE];
static unsigned int times;

static int start(void **state) {
  (void) state;
  memset(&settings, 0, sizeof(settings));
  settings.server_name = "one";
  settings.engine = true;
  settings.protocols = FTPS_PROTO_DEFAULT;
  settings.cipher_list = FTPS_DEFAULT_CIPHER_LIST;
  settings.keyfiles[FTPS_KEYTYPE_EC].certificate = "/c";
  times = 0;
  told[0] = '\0';
  settings.verify_depth = FTPS_DEFAULT_VERIFY_DEPTH;
  return 0;
}

static void hear(enum ftps_severity severity, const char *text) {
  assert_int_equal(severity, FTPS_SEVERITY_NOTICE);
  (void) snprintf(told, sizeof(told), "%s", text);
  times++;
}

/* NULL: neither a fault nor a warning. */
static void assert_fault(const char *text) {
  struct ftps_error err;

  ftps_error_clear(&err);
  assert_int_equal(ftps_settings_check(&settings, &err), text != NULL ? -1 : 0);
  assert_string_equal(err.text, text != NULL ? text : "");
  ftps_settings_warn(&settings, hear);
  assert_int_equal(times, 0);
}

static void assert_warning(const char *start_of_text) {
  struct ftps_error err;

  ftps_error_clear(&err);
  assert_int_equal(ftps_settings_check(&settings, &err), 0);
  ftps_settings_warn(&settings, hear);
  assert_int_equal(times, 1);
  assert_memory_equal(told, start_of_text, strlen(start_of_text));
}

static void a_certificate_is_enough(void **state) {
  (void) state;
  assert_fault(NULL);
  settings.keyfiles[FTPS_KEYTYPE_EC].key = "/k";
  settings.options = FTPS_OPT_IMPLICIT_SSL;
  assert_fault(NULL);
}

static void either_kind_is_a_certificate(void **state) {
  (void) state;
  assert_true(ftps_settings_have_certificate(&settings));
  settings.keyfiles[FTPS_KEYTYPE_EC].certificate = NULL;
  assert_false(ftps_settings_have_certificate(&settings));
  settings.keyfiles[FTPS_KEYTYPE_RSA].certificate = "/c";
  assert_true(ftps_settings_have_certificate(&settings));
}

static void implicit_tls_without_a_certificate_is_a_warning(void **state) {
  (void) state;
  settings.keyfiles[FTPS_KEYTYPE_EC].certificate = NULL;
  settings.options = FTPS_OPT_IMPLICIT_SSL;
  assert_warning("server \"one\": TLSOptions UseImplicitSSL: there is no "
                 "certificate, so each session is ended at once");
}

static void no_certificate_is_a_warning(void **state) {
  (void) state;
  settings.keyfiles[FTPS_KEYTYPE_EC].certificate = NULL;
  settings.verify = FTPS_VERIFY_ON;
  assert_warning("server \"one\": TLSEngine on: there is no certificate");
}

static void clients_of_any_ca_are_a_warning(void **state) {
  (void) state;
  settings.verify = FTPS_VERIFY_OPTIONAL;
  assert_warning("server \"one\": TLSVerifyClient optional: without a CA");
  times = 0;
  settings.ca_path = "/d";
  assert_fault(NULL);
  settings.ca_path = NULL;
  settings.ca_file = "/f";
  assert_fault(NULL);
}

static void a_depth_without_intermediates_is_a_warning(void **state) {
  (void) state;
  settings.verify = FTPS_VERIFY_ON;
  settings.ca_file = "/ca";
  settings.verify_depth = 1;
  assert_warning("server \"one\": TLSVerifyDepth 1: counts every CA");
}

static void suites_without_tls13_are_a_warning(void **state) {
  (void) state;
  settings.ciphersuites = "TLS_X";
  assert_fault(NULL);
  settings.protocols = FTPS_PROTO_TLSV1_2;
  assert_warning("server \"one\": TLSCipherSuite TLSv1.3 TLS_X: has no effect");
}

static void suites_in_both_lists_are_two_warnings(void **state) {
  (void) state;
  settings.cipher_list = "TLS_X";
  settings.ciphersuites = "TLS_Y";
  settings.protocols = FTPS_PROTO_TLSV1_2;
  ftps_settings_warn(&settings, hear);
  assert_int_equal(times, 2);
  assert_non_null(strstr(told, "TLSCipherSuite TLSv1.3 TLS_Y: has no effect"));
}

static void both_need_something_to_go_by(void **state) {
  struct ftps_error err;

  (void) state;
  settings.options = FTPS_OPT_CERTIFICATE_AND_PASSWORD;
  settings.verify = FTPS_VERIFY_ON;
  ftps_error_clear(&err);
  assert_int_equal(ftps_settings_check(&settings, &err), -1);
  assert_non_null(strstr(err.text, "set TLSUserName or TLSUserMapFile"));

  settings.user_name_oid = "1.2.3";
  ftps_error_clear(&err);
  assert_int_equal(ftps_settings_check(&settings, &err), 0);

  settings.verify = FTPS_VERIFY_OFF;
  assert_int_equal(ftps_settings_check(&settings, &err), -1);
  assert_non_null(strstr(err.text, "set TLSVerifyClient on"));
}

static void names_without_certificates_are_a_warning(void **state) {
  (void) state;
  settings.user_name = FTPS_CERTNAME_COMMON;
  ftps_settings_warn(&settings, hear);
  assert_int_equal(times, 1);
  assert_non_null(strstr(told, "TLSUserName: has no effect"));
}

static void names_that_nobody_looks_up_are_a_warning(void **state) {
  (void) state;
  settings.verify = FTPS_VERIFY_ON;
  settings.ca_file = "/f";
  settings.options = FTPS_OPT_COMMON_NAME_REQUIRED;
  assert_warning("server \"one\": TLSOptions CommonNameRequired: every client");

  times = 0;
  settings.reverse_dns = true;
  assert_fault(NULL);
}

static void connections_of_anybody_are_a_warning(void **state) {
  (void) state;
  settings.options = FTPS_OPT_NO_SESSION_REUSE;
  assert_fault(NULL);
  settings.cache = true;
  assert_warning("server \"one\": TLSOptions NoSessionReuseRequired: data");
}

static void what_can_be_broken_is_a_warning(void **state) {
  (void) state;
  settings.options = FTPS_OPT_ALLOW_WEAK_SECURITY;
  assert_warning("server \"one\": TLSOptions AllowWeakSecurity: ");
  assert_null(strstr(told, "before TLS 1.2"));

  times = 0;
  settings.options = 0;
  settings.cipher_list = "DEFAULT:@SECLEVEL=0";
  settings.protocols |= FTPS_PROTO_TLSV1_0;
  assert_warning("server \"one\": TLSCipherSuite @SECLEVEL=0: ");
  assert_non_null(strstr(told, "before TLS 1.2"));
}

static void one_file_for_two_secrets_is_a_warning(void **state) {
  static struct ftps_psk_file keys[] = { { "me", "/s" } };

  (void) state;
  settings.cache_secret_file = "/s";
  settings.ticket_keys.path = "/t";
  assert_fault(NULL);
  settings.ticket_keys.path = "/s";
  assert_warning("server \"one\": TLSCacheSecretFile /s: TLSSessionTicketKeys "
                 "names the same file");
  times = 0;
  settings.ticket_keys.path = NULL;
  settings.psk_files[0] = keys[0];
  settings.psk_count = 1;
  assert_warning("server \"one\": TLSCacheSecretFile /s: TLSPreSharedKey "
                 "names the same file");
}

static void ports_of_the_other_kind_are_a_warning(void **state) {
  (void) state;
  settings.port = 990;
  assert_warning("server \"one\": Port 990: ");

  times = 0;
  settings.port = 21;
  ftps_settings_warn(&settings, hear);
  assert_int_equal(times, 0);

  settings.options = FTPS_OPT_IMPLICIT_SSL;
  assert_warning("server \"one\": TLSOptions UseImplicitSSL: ");

  times = 0;
  settings.port = 990;
  ftps_settings_warn(&settings, hear);
  assert_int_equal(times, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(a_certificate_is_enough, start),
    cmocka_unit_test_setup(either_kind_is_a_certificate, start),
    cmocka_unit_test_setup(implicit_tls_without_a_certificate_is_a_warning,
        start),
    cmocka_unit_test_setup(no_certificate_is_a_warning, start),
    cmocka_unit_test_setup(clients_of_any_ca_are_a_warning, start),
    cmocka_unit_test_setup(a_depth_without_intermediates_is_a_warning, start),
    cmocka_unit_test_setup(suites_without_tls13_are_a_warning, start),
    cmocka_unit_test_setup(suites_in_both_lists_are_two_warnings, start),
    cmocka_unit_test_setup(both_need_something_to_go_by, start),
    cmocka_unit_test_setup(names_without_certificates_are_a_warning, start),
    cmocka_unit_test_setup(names_that_nobody_looks_up_are_a_warning, start),
    cmocka_unit_test_setup(connections_of_anybody_are_a_warning, start),
    cmocka_unit_test_setup(what_can_be_broken_is_a_warning, start),
    cmocka_unit_test_setup(one_file_for_two_secrets_is_a_warning, start),
    cmocka_unit_test_setup(ports_of_the_other_kind_are_a_warning, start),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
