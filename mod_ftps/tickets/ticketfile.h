/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ticketfile.h: reads secrets from files of ticket keys, in the forms of other
 * servers.
 *
 * Pure: bytes in, secrets out.  The caller reads the file, and wipes the bytes
 * and the secrets.
 *
 * Two forms:
 *   binary  records of 80 bytes (or 48), one after the other; nginx
 *           (ssl_session_ticket_key) and Apache httpd
 *           (SSLSessionTicketKeyFile) have one per file.  The first is for new
 *           tickets.
 *   text    a record in base64 on each line, as in HAProxy (tls-ticket-keys).
 *           New keys are appended: the last three lines are read, and the line
 *           before the last one is for new tickets, so that the last one can
 *           reach all hosts before a host uses it.
 *
 * A record is a name of 16 bytes and the keys of an algorithm, whose order
 * differs between servers.  Here a secret is extracted from the whole record
 * (tickets/keyring.h), so the order does not matter.
 *
 * DIAGNOSTICS: -1 and an error that says what is wrong with the file and what
 * it should be, without its name and without bytes of it.
 *
 * Source: the manuals of nginx, Apache httpd and HAProxy.
 */
#ifndef FTPS_TICKETS_TICKETFILE_H
#define FTPS_TICKETS_TICKETFILE_H

#include <stddef.h>

#include "base/error.h"
#include "tickets/keyring.h"

#define FTPS_TICKETFILE_KEYS_MAX  32
#define FTPS_TICKETFILE_BYTES_MAX 65536

struct ftps_ticketfile {
  size_t n; /* 1 or more; the first is for new tickets */
  unsigned char secrets[FTPS_TICKETFILE_KEYS_MAX][FTPS_TICKET_SECRET_SIZE];
};

int ftps_ticketfile_parse(const unsigned char *bytes, size_t len,
    struct ftps_ticketfile *file_out, struct ftps_error *err);

#endif /* FTPS_TICKETS_TICKETFILE_H */
