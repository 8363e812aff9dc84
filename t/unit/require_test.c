/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * require_test.c: every combination that host/config/require.c can be asked
 * for.
 */
#include "host/config/require.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char control_text[] = "SSL/TLS required on the control channel";
static const char data_text[] = "SSL/TLS required on the data channel";

/* The reply code, or "" when the command may run. */
static const char *decide(enum ftps_command command, bool control, bool data,
    const struct ftps_requirements *required) {
  const struct ftps_require_facts facts = { .command = command,
    .control_protected = control,
    .data_private = data };
  enum ftps_refusal refusal = ftps_require_decide(&facts, required);
  const struct ftps_refusal_row *row = ftps_refusal_row(refusal);

  if (refusal == FTPS_REFUSAL_NONE) {
    return "";
  }

  assert_string_equal(row->text,
      row->code[0] == '5' && row->code[1] == '5' ? control_text : data_text);
  return row->code;
}

static void classifies_commands(void **state) {
  static const char *const opening[] = { "SYST", "AUTH", "FEAT", "HOST", "CLNT",
    "QUIT", "auth" };
  static const char *const login[] = { "USER", "PASS", "ACCT", "pass" };
  static const char *const transfer[] = { "APPE", "LIST", "MLSD", "NLST",
    "RETR", "STOR", "STOU", "list" };
  static const char *const other[] = { "NOOP", "HELP", "PWD", "PASV", "EPSV",
    "PORT", "PBSZ", "PROT", "CCC", "MLST", "STAT", "CWD", "SITE", "REIN", "",
    "AUT", "AUTHX" };

  (void) state;
  for (size_t i = 0; i < sizeof(opening) / sizeof(opening[0]); i++) {
    assert_int_equal(ftps_require_classify(opening[i]), FTPS_COMMAND_OPENING);
  }
  for (size_t i = 0; i < sizeof(login) / sizeof(login[0]); i++) {
    assert_int_equal(ftps_require_classify(login[i]), FTPS_COMMAND_LOGIN);
  }
  for (size_t i = 0; i < sizeof(transfer) / sizeof(transfer[0]); i++) {
    assert_int_equal(ftps_require_classify(transfer[i]), FTPS_COMMAND_TRANSFER);
  }
  for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
    assert_int_equal(ftps_require_classify(other[i]), FTPS_COMMAND_ANY);
  }
}

static void reads_values_of_a_record(void **state) {
  (void) state;
  assert_int_equal(ftps_require_read(-1), FTPS_REQUIRE_FORBIDDEN);
  assert_int_equal(ftps_require_read(0), FTPS_REQUIRE_OFF);
  assert_int_equal(ftps_require_read(1), FTPS_REQUIRE_ON);
}

static void inner_sections_never_weaken_outer_ones(void **state) {
  static const struct {
    enum ftps_require outer, inner, result;
  } rows[] = {
    { FTPS_REQUIRE_UNSET, FTPS_REQUIRE_UNSET, FTPS_REQUIRE_UNSET },
    { FTPS_REQUIRE_UNSET, FTPS_REQUIRE_OFF, FTPS_REQUIRE_OFF },
    { FTPS_REQUIRE_UNSET, FTPS_REQUIRE_ON, FTPS_REQUIRE_ON },
    { FTPS_REQUIRE_UNSET, FTPS_REQUIRE_FORBIDDEN, FTPS_REQUIRE_FORBIDDEN },
    { FTPS_REQUIRE_OFF, FTPS_REQUIRE_UNSET, FTPS_REQUIRE_OFF },
    { FTPS_REQUIRE_OFF, FTPS_REQUIRE_ON, FTPS_REQUIRE_ON },
    { FTPS_REQUIRE_OFF, FTPS_REQUIRE_FORBIDDEN, FTPS_REQUIRE_FORBIDDEN },
    { FTPS_REQUIRE_ON, FTPS_REQUIRE_UNSET, FTPS_REQUIRE_ON },
    { FTPS_REQUIRE_ON, FTPS_REQUIRE_OFF, FTPS_REQUIRE_ON },
    { FTPS_REQUIRE_ON, FTPS_REQUIRE_FORBIDDEN, FTPS_REQUIRE_ON },
    { FTPS_REQUIRE_FORBIDDEN, FTPS_REQUIRE_UNSET, FTPS_REQUIRE_FORBIDDEN },
    { FTPS_REQUIRE_FORBIDDEN, FTPS_REQUIRE_OFF, FTPS_REQUIRE_OFF },
    { FTPS_REQUIRE_FORBIDDEN, FTPS_REQUIRE_ON, FTPS_REQUIRE_ON },
  };

  (void) state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    assert_int_equal(ftps_require_nest(rows[i].outer, rows[i].inner),
        rows[i].result);
  }
}

/* Each value of TLSRequired against each class of command, in the four states;
 * a row holds: in clear, in clear with PROT P (never met, but defined), control
 * protected with PROT C, control protected with PROT P.
 */
static void decides_as_the_contract_says(void **state) {
  static const struct {
    const char *value;
    int control, data, auth;
    enum ftps_command command;
    const char *replies[4];
  } rows[] = {
    { "off", 0, 0, 0, FTPS_COMMAND_ANY, { "", "", "", "" } },
    { "off", 0, 0, 0, FTPS_COMMAND_OPENING, { "", "", "", "" } },
    { "off", 0, 0, 0, FTPS_COMMAND_LOGIN, { "", "", "", "" } },
    { "off", 0, 0, 0, FTPS_COMMAND_TRANSFER, { "", "", "", "" } },
    { "on", 1, 1, 1, FTPS_COMMAND_ANY, { "550", "550", "", "" } },
    { "on", 1, 1, 1, FTPS_COMMAND_OPENING, { "", "", "", "" } },
    { "on", 1, 1, 1, FTPS_COMMAND_LOGIN, { "550", "550", "", "" } },
    { "on", 1, 1, 1, FTPS_COMMAND_TRANSFER, { "550", "550", "522", "" } },
    { "ctrl", 1, 0, 1, FTPS_COMMAND_ANY, { "550", "550", "", "" } },
    { "ctrl", 1, 0, 1, FTPS_COMMAND_OPENING, { "", "", "", "" } },
    { "ctrl", 1, 0, 1, FTPS_COMMAND_LOGIN, { "550", "550", "", "" } },
    { "ctrl", 1, 0, 1, FTPS_COMMAND_TRANSFER, { "550", "550", "", "" } },
    { "ctrl+!data", 1, -1, 1, FTPS_COMMAND_ANY, { "550", "550", "", "" } },
    { "ctrl+!data", 1, -1, 1, FTPS_COMMAND_TRANSFER, { "550", "550", "", "" } },
    { "data", 0, 1, 0, FTPS_COMMAND_ANY, { "", "", "", "" } },
    { "data", 0, 1, 0, FTPS_COMMAND_OPENING, { "", "", "", "" } },
    { "data", 0, 1, 0, FTPS_COMMAND_LOGIN, { "", "", "", "" } },
    { "data", 0, 1, 0, FTPS_COMMAND_TRANSFER, { "522", "", "522", "" } },
    { "!data", 0, -1, 0, FTPS_COMMAND_ANY, { "", "", "", "" } },
    { "!data", 0, -1, 0, FTPS_COMMAND_TRANSFER, { "", "", "", "" } },
    { "auth", 0, 0, 1, FTPS_COMMAND_ANY, { "", "", "", "" } },
    { "auth", 0, 0, 1, FTPS_COMMAND_OPENING, { "", "", "", "" } },
    { "auth", 0, 0, 1, FTPS_COMMAND_LOGIN, { "550", "550", "", "" } },
    { "auth", 0, 0, 1, FTPS_COMMAND_TRANSFER, { "", "", "", "" } },
    { "auth+data", 0, 1, 1, FTPS_COMMAND_LOGIN, { "550", "550", "", "" } },
    { "auth+data", 0, 1, 1, FTPS_COMMAND_TRANSFER, { "522", "", "522", "" } },
    { "auth+!data", 0, -1, 1, FTPS_COMMAND_LOGIN, { "550", "550", "", "" } },
    { "auth+!data", 0, -1, 1, FTPS_COMMAND_TRANSFER, { "", "", "", "" } },
  };

  (void) state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    const struct ftps_requirements required = { .control = ftps_require_read(
                                                    rows[i].control),
      .data = ftps_require_read(rows[i].data),
      .auth = ftps_require_read(rows[i].auth) };

    print_message("# TLSRequired %s\n", rows[i].value);
    for (unsigned int n = 0; n < 4; n++) {
      assert_string_equal(decide(rows[i].command, n >= 2, (n & 1) != 0,
                              &required),
          rows[i].replies[n]);
    }
  }
}

static void control_alone_refuses_a_login(void **state) {
  const struct ftps_requirements required = { .control = FTPS_REQUIRE_ON,
    .data = FTPS_REQUIRE_UNSET,
    .auth = FTPS_REQUIRE_UNSET };

  (void) state;
  assert_string_equal(decide(FTPS_COMMAND_LOGIN, false, false, &required),
      "550");
}

static void unset_refuses_nothing(void **state) {
  const struct ftps_requirements required = { .control = FTPS_REQUIRE_UNSET,
    .data = FTPS_REQUIRE_UNSET,
    .auth = FTPS_REQUIRE_UNSET };

  (void) state;
  for (int n = FTPS_COMMAND_ANY; n <= FTPS_COMMAND_TRANSFER; n++) {
    assert_string_equal(decide((enum ftps_command) n, false, false, &required),
        "");
  }
}

static void prot_follows_the_data_requirement(void **state) {
  (void) state;
  assert_true(ftps_require_allows_prot(FTPS_REQUIRE_UNSET, true));
  assert_true(ftps_require_allows_prot(FTPS_REQUIRE_UNSET, false));
  assert_true(ftps_require_allows_prot(FTPS_REQUIRE_OFF, true));
  assert_true(ftps_require_allows_prot(FTPS_REQUIRE_OFF, false));
  assert_true(ftps_require_allows_prot(FTPS_REQUIRE_ON, true));
  assert_false(ftps_require_allows_prot(FTPS_REQUIRE_ON, false));
  assert_false(ftps_require_allows_prot(FTPS_REQUIRE_FORBIDDEN, true));
  assert_true(ftps_require_allows_prot(FTPS_REQUIRE_FORBIDDEN, false));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(classifies_commands),
    cmocka_unit_test(reads_values_of_a_record),
    cmocka_unit_test(inner_sections_never_weaken_outer_ones),
    cmocka_unit_test(decides_as_the_contract_says),
    cmocka_unit_test(control_alone_refuses_a_login),
    cmocka_unit_test(unset_refuses_nothing),
    cmocka_unit_test(prot_follows_the_data_requirement),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
