/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * files.h: checks the files that say whom the server trusts.
 *
 * Used while a context is built; the caller has raised privileges.
 *
 * DIAGNOSTICS: -1 and an error with directive, path, fault and remedy: the file
 * does not exist, has another type, or is world-writable.
 */
#ifndef FTPS_TRUST_FILES_H
#define FTPS_TRUST_FILES_H

#include <stdbool.h>
#include <sys/types.h>

#include <openssl/x509.h>

#include "base/error.h"

/* `type` is S_IFREG or S_IFDIR. */
int ftps_trustfile_check(const char *directive, const char *path, mode_t type,
    struct ftps_error *err);

/* False for what a reader would wait at for ever, a FIFO say.  True also if
 * there is nothing: opening it will tell.
 */
bool ftps_trustfile_is_finite(const char *path);

/* A directory whose files have hashed names, as "openssl rehash" makes them:
 * eight hexadecimal digits, `infix`, a number.
 */
struct ftps_trustdir {
  const char *directive;
  const char *path;
  const char *infix; /* "." certificates, ".r" revocation lists */
  bool is_lenient;   /* a file that cannot be used is a line in the log, and a
                      * link to a missing one is ignored */

  /* Adds one file to the store.  Returns 0, or -1 with `err` set. */
  int (*load)(X509_STORE *store, const char *directive, const char *file,
      struct ftps_error *err);
};

/* Loads all of them now.  The library would read them during a handshake, when
 * the process has no root any more and may be in a user's chroot.  Returns how
 * many, or -1 with `err` set.
 */
int ftps_trustfile_load_all(const struct ftps_trustdir *dir, X509_STORE *store,
    struct ftps_error *err);

#endif /* FTPS_TRUST_FILES_H */
