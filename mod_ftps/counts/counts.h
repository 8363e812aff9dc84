/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * counts.h: what all processes of a daemon have counted: handshakes, refusals,
 * client software, bytes, signatures, renewed certificates.
 *
 * The counts are in one block of shared memory of a fixed size, which the
 * daemon makes before it forks.  They survive SIGHUP.  A session adds to them
 * without a lock, so a session that is killed loses nothing that it has
 * counted.
 *
 * Every session can read and write the block.  So it has no secret and no text,
 * only numbers, and nothing but a display is made from them.  Suites, groups
 * and clients are in tables of a fixed size.  What finds no place in a table is
 * counted in its last row, so a client that sends always something new makes
 * nothing grow.
 *
 * Pure.  All functions accept NULL, and then count nothing.
 */
#ifndef FTPS_COUNTS_COUNTS_H
#define FTPS_COUNTS_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/refusal.h"

struct ftps_counts;

/* By what a handshake has resumed a session. */
enum ftps_resumed {
  FTPS_RESUMED_NOT,
  FTPS_RESUMED_TICKET,
  FTPS_RESUMED_LOGIN, /* of another control connection with the same login */
  FTPS_RESUMED_ID,    /* the session id of TLS 1.2 */
  FTPS_RESUMED_PSK,   /* a pre-shared key (TLSPreSharedKey) */
  FTPS_RESUMED_WAYS
};

/* "none", "ticket", "login", "id", "external". */
const char *ftps_counts_name_resumed(enum ftps_resumed resumed);

enum ftps_counts_channel {
  FTPS_COUNTS_CONTROL,
  FTPS_COUNTS_DATA,
  FTPS_COUNTS_CHANNELS
};

enum ftps_counts_version {
  FTPS_COUNTS_OTHER_VERSION,
  FTPS_COUNTS_SSLV3,
  FTPS_COUNTS_TLSV1,
  FTPS_COUNTS_TLSV1_1,
  FTPS_COUNTS_TLSV1_2,
  FTPS_COUNTS_TLSV1_3,
  FTPS_COUNTS_VERSIONS
};

/* Counts that are one number each. */
enum ftps_counts_number {
  FTPS_COUNTS_CONTROL_IN, /* bytes on the wire, TLS records and handshakes */
  FTPS_COUNTS_CONTROL_OUT,
  FTPS_COUNTS_DATA_IN,
  FTPS_COUNTS_DATA_OUT,

  FTPS_COUNTS_SIGNED,     /* signatures by the process that has the keys */
  FTPS_COUNTS_NOT_SIGNED, /* it has refused, or has not answered */
  FTPS_COUNTS_SIGNING_US, /* how long sessions have waited for it */
  FTPS_COUNTS_REVIVED,    /* it has ended, and was started again */

  FTPS_COUNTS_RENEWED, /* certificates that were replaced in time */
  FTPS_COUNTS_RENEWED_LATE,
  FTPS_COUNTS_RENEWED_AFTER_END,
  FTPS_COUNTS_NUMBERS
};

/* Makes the block.  Returns NULL with errno set on failure. */
struct ftps_counts *ftps_counts_new(void);

void ftps_counts_add(struct ftps_counts *counts, enum ftps_counts_number number,
    uint64_t n);
uint64_t ftps_counts_get(const struct ftps_counts *counts,
    enum ftps_counts_number number);

/* A finished handshake. `suite` and `group` are numbers of the IANA registry;
 * group 0: none, or the name is not that of a group.
 */
struct ftps_counts_handshake {
  enum ftps_counts_channel channel;
  enum ftps_counts_version version;
  enum ftps_resumed resumed;
  unsigned int suite, group;
};

/* The version of the wire, 0x0304 for TLS 1.3. */
enum ftps_counts_version ftps_counts_version_of(int version);

void ftps_counts_add_handshake(struct ftps_counts *counts,
    const struct ftps_counts_handshake *handshake);

/* The sum over suites and groups. */
uint64_t ftps_counts_handshakes(const struct ftps_counts *counts,
    const struct ftps_counts_handshake *handshake);

void ftps_counts_add_refusal(struct ftps_counts *counts,
    enum ftps_refusal refusal);
uint64_t ftps_counts_refusals(const struct ftps_counts *counts,
    enum ftps_refusal refusal);

/* Tables of numbers of the IANA registry. */
enum ftps_counts_table {
  FTPS_COUNTS_SUITES,
  FTPS_COUNTS_GROUPS,
  FTPS_COUNTS_TABLES
};

#define FTPS_COUNTS_ROWS 48U

/* No id is larger: 16 bits, and a few names that have no number there. */
#define FTPS_COUNTS_IDS 0x10004U

/* The last row has what found no place; its id does not count.  Returns false
 * for a row that is not in use.
 */
bool ftps_counts_row(const struct ftps_counts *counts,
    enum ftps_counts_table table, size_t row, unsigned int *id_out,
    uint64_t *n_out);

#endif /* FTPS_COUNTS_COUNTS_H */
