/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * clients.h: which client software connects, and whether its data connections
 * resume: so an administrator sees who would break before he demands it.
 *
 * The software is one of a list of names: by the text of CLNT, or else by the
 * order of the first commands, which is a guess and ends with "?".  Beside it
 * the fingerprint of the ClientHello (print.h) tells versions and libraries
 * apart.
 *
 * Counts are in shared memory of a fixed size, as in counts.h.  Only clients
 * that have logged in take rows of the table of fingerprints; when it is full,
 * its last row takes the rest.
 *
 * Pure.  All functions accept NULL for `clients`.
 */
#ifndef FTPS_COUNTS_CLIENTS_H
#define FTPS_COUNTS_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "counts/print.h"

struct ftps_clients;

/* Sessions with a login; their data connections. */
enum ftps_clients_event {
  FTPS_CLIENTS_SESSION,
  FTPS_CLIENTS_RESUMED,
  FTPS_CLIENTS_FULL,    /* it did not resume, and need not */
  FTPS_CLIENTS_REFUSED, /* it did not resume */
  FTPS_CLIENTS_EVENTS
};

/* Makes the block, in the daemon before it forks.  Returns NULL with errno set
 * on failure.
 */
struct ftps_clients *ftps_clients_new(void);

/* The number of the software. `clnt`: the text of CLNT, any bytes; NULL: none
 * was sent. `steps`: letters of ftps_clients_step().
 */
#define FTPS_CLIENTS_SOFTWARE 48U
unsigned int ftps_clients_find(const char *clnt, const char *steps);

/* "unknown" if it is none of ours.  False: no software has this number, or
 * another number has its name.
 */
const char *ftps_clients_name(unsigned int software);
bool ftps_clients_is_named(unsigned int software);

/* The letter of a command by which software can be guessed; 0: it does not
 * count.  `word` is that of AUTH, or NULL.
 */
#define FTPS_CLIENTS_STEPS 8U
char ftps_clients_step(const char *command, const char *word);

void ftps_clients_add(struct ftps_clients *clients, unsigned int software,
    const struct ftps_print *print, enum ftps_clients_event event);

uint64_t ftps_clients_get(const struct ftps_clients *clients,
    unsigned int software, enum ftps_clients_event event);

#define FTPS_CLIENTS_ROWS 48U

struct ftps_clients_row {
  const char *software;
  char print[FTPS_PRINT_SIZE];
  uint64_t counts[FTPS_CLIENTS_EVENTS];
};

/* The last row has what found no place: "other", "other".  Returns false for a
 * row that is not in use, and for one that looks like an earlier one, which
 * only a session that was taken over can have written.
 */
bool ftps_clients_row(const struct ftps_clients *clients, size_t row,
    struct ftps_clients_row *row_out);

#endif /* FTPS_COUNTS_CLIENTS_H */
