/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * require.c: TLSRequired as a table and three rules; see require.h.
 *
 * Clients see the order of the rules: a command that is refused for the control
 * connection is never refused for the data connection instead.  Commands of the
 * opening dialogue are never refused; otherwise no client could reach AUTH.
 */
#include "host/config/require.h"

#include <stddef.h>
#include <strings.h>

static const struct {
  const char *name;
  enum ftps_command command;
} commands[] = {
  { "RETR", FTPS_COMMAND_TRANSFER },
  { "STOR", FTPS_COMMAND_TRANSFER },
  { "LIST", FTPS_COMMAND_TRANSFER },
  { "MLSD", FTPS_COMMAND_TRANSFER },
  { "NLST", FTPS_COMMAND_TRANSFER },
  { "APPE", FTPS_COMMAND_TRANSFER },
  { "STOU", FTPS_COMMAND_TRANSFER },
  { "USER", FTPS_COMMAND_LOGIN },
  { "PASS", FTPS_COMMAND_LOGIN },
  { "ACCT", FTPS_COMMAND_LOGIN },
  { "AUTH", FTPS_COMMAND_OPENING },
  { "FEAT", FTPS_COMMAND_OPENING },
  { "SYST", FTPS_COMMAND_OPENING },
  { "HOST", FTPS_COMMAND_OPENING },
  { "CLNT", FTPS_COMMAND_OPENING },
  { "QUIT", FTPS_COMMAND_OPENING },
};

enum ftps_command ftps_require_classify(const char *name) {
  for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
    if (strcasecmp(commands[i].name, name) == 0) {
      return commands[i].command;
    }
  }

  return FTPS_COMMAND_ANY;
}

enum ftps_require ftps_require_read(int value) {
  if (value < 0) {
    return FTPS_REQUIRE_FORBIDDEN;
  }

  return value > 0 ? FTPS_REQUIRE_ON : FTPS_REQUIRE_OFF;
}

enum ftps_require ftps_require_nest(enum ftps_require outer,
    enum ftps_require inner) {
  if (outer == FTPS_REQUIRE_ON || inner == FTPS_REQUIRE_UNSET) {
    return outer;
  }

  return inner;
}

enum ftps_refusal ftps_require_decide(const struct ftps_require_facts *facts,
    const struct ftps_requirements *required) {
  if (facts->command == FTPS_COMMAND_OPENING) {
    return FTPS_REFUSAL_NONE;
  }

  if (!facts->control_protected) {
    if (required->control == FTPS_REQUIRE_ON) {
      return FTPS_REFUSAL_CONTROL_REQUIRED;
    }

    if (required->auth == FTPS_REQUIRE_ON &&
        facts->command == FTPS_COMMAND_LOGIN) {
      return FTPS_REFUSAL_CONTROL_REQUIRED;
    }
  }

  /* If protection is forbidden, PROT P was refused already.  If AUTH SSL has
   * switched it on, the transfer is allowed, as with mod_tls.
   */
  if (facts->command == FTPS_COMMAND_TRANSFER && !facts->data_private &&
      required->data == FTPS_REQUIRE_ON) {
    return FTPS_REFUSAL_DATA_REQUIRED;
  }

  return FTPS_REFUSAL_NONE;
}

bool ftps_require_allows_prot(enum ftps_require data, bool wants_private) {
  if (wants_private) {
    return data != FTPS_REQUIRE_FORBIDDEN;
  }

  return data != FTPS_REQUIRE_ON;
}
