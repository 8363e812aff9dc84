/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * require.h: decides whether a command may run with the present protection.
 *
 * host/control/policy.c finds out the facts and the values of TLSRequired.
 * Pure: nothing is read, written or allocated here, and all results are
 * constant.
 *
 * Source: doc/contract.md, TLSRequired; RFC 4217, section 12.3 (534), RFC 2228
 * (522, 534).
 */
#ifndef FTPS_HOST_CONFIG_REQUIRE_H
#define FTPS_HOST_CONFIG_REQUIRE_H

#include <stdbool.h>

#include "base/refusal.h"

/* The value of TLSRequired for one thing in one section. */
enum ftps_require {
  FTPS_REQUIRE_UNSET, /* not set: the section around it decides */
  FTPS_REQUIRE_OFF,
  FTPS_REQUIRE_ON,
  FTPS_REQUIRE_FORBIDDEN /* data only: "!data" */
};

struct ftps_requirements {
  enum ftps_require control;
  enum ftps_require data;
  enum ftps_require auth;
};

/* Kinds of commands, by the reason for which they may be refused. */
enum ftps_command {
  FTPS_COMMAND_ANY,     /* needs a protected control connection */
  FTPS_COMMAND_OPENING, /* may come before AUTH */
  FTPS_COMMAND_LOGIN,   /* carries a name or a secret */
  FTPS_COMMAND_TRANSFER /* opens a data connection */
};

struct ftps_require_facts {
  enum ftps_command command;
  bool control_protected;
  bool data_private; /* PROT P is in force */
};

/* By name, in upper or lower case. */
enum ftps_command ftps_require_classify(const char *name);

/* The values of a TLSRequired record: 1, 0, and -1 for "forbidden". */
enum ftps_require ftps_require_read(int value);

/* The value in force if one section is inside another.  The outer one cannot be
 * weakened; with mod_tls it can.
 */
enum ftps_require ftps_require_nest(enum ftps_require outer,
    enum ftps_require inner);

/* Returns FTPS_REFUSAL_NONE if the command may run. */
enum ftps_refusal ftps_require_decide(const struct ftps_require_facts *facts,
    const struct ftps_requirements *required);

/* True if PROT may set this level, with the requirement `data`. */
bool ftps_require_allows_prot(enum ftps_require data, bool wants_private);

#endif /* FTPS_HOST_CONFIG_REQUIRE_H */
