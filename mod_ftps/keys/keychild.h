/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keychild.h: a child process that reads certificates and private keys.
 *
 * Parsing a key leaves copies of it in many places of the heap, so a process
 * does this that exits afterwards.  The result is in memory shared only with
 * that child: certificates as DER, keys as numbers, errors as text.  The child
 * has checked by a signature that each key belongs to its certificate.
 *
 * Runs in the daemon, or in a session that still has root; the caller has
 * raised its privileges (ProFTPD's macros do not nest).
 */
#ifndef FTPS_KEYS_KEYCHILD_H
#define FTPS_KEYS_KEYCHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/settings.h"
#include "keys/keynumbers.h"

#define FTPS_KEYCHILD_CERTS_SIZE (128 * 1024)

struct ftps_passphrases;

/* What to read.  Strings are borrowed during the call. */
struct ftps_keychild_request {
  enum ftps_keytype type;
  const char *certificate;
  const char *key;   /* NULL: in the certificate file */
  const char *chain; /* NULL: in the certificate file */

  /* For its passphrase; see passphrase.h. */
  const char *server_name;
  unsigned int port;
  const char *provider; /* NULL: none */

  /* For a session: the numbers of a key that another process can have stay in
   * the child; see ftps_keynumbers_reduce().
   */
  bool is_public_only;

  bool is_first; /* of the first server: read in any case */

  /* There is no whole pair to go on with.  So a file that is damaged behind its
   * first certificate is no fault: what comes before the damage is used.
   */
  bool takes_part;

  /* RSA key exchange is possible, so an RSA key is never in a process of its
   * own.
   */
  bool decrypts;
};

struct ftps_keychild_result {
  bool done;          /* false: see `error` */
  bool is_left;       /* there was no time for it */
  bool is_part;       /* see `takes_part`; `warning` says so */
  bool is_for_daemon; /* encrypted; the daemon may have the passphrase, a
                       * session has not */
  struct ftps_error error;
  char warning[FTPS_ERROR_TEXT_SIZE];

  /* DER, leaf first, end to end. */
  size_t certs_len;
  unsigned char certs[FTPS_KEYCHILD_CERTS_SIZE];
  unsigned char numbers[FTPS_KEYNUMBERS_SIZE];
};

/* Reads `n` pairs.  When the time `until` (ms, as ftps_clock_ms()) is over, it
 * reads only those of the first server.  Returns an array, which must be freed
 * by ftps_keychild_free(), which wipes the numbers; or NULL with `err` set if
 * the child could not be run at all.
 */
struct ftps_keychild_result *ftps_keychild_read(struct ftps_passphrases
                                                    *passphrases,
    const struct ftps_keychild_request *requests, size_t n, uint64_t until,
    struct ftps_error *err);
void ftps_keychild_free(struct ftps_keychild_result *results, size_t n);

#endif /* FTPS_KEYS_KEYCHILD_H */
