/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * load.h: reads the certificates and keys of folders.
 *
 * In the daemon the keys go to the process that signs, for all servers that
 * have the directory.  In a session they are those of its own server; the
 * session gets the certificates alone, if another process may have the keys.
 * What cannot be read changes nothing: the certificate before it stays.
 *
 * The caller has root.
 */
#ifndef FTPS_NAMED_LOAD_H
#define FTPS_NAMED_LOAD_H

#include <stddef.h>

#include "base/error.h"
#include "named/list.h"

struct ftps_daemon;

/* How many folders are read at a time. */
#define FTPS_NAMED_BATCH 16

/* What to read, and the result. */
struct ftps_named_load {
  struct ftps_named *entry;
  struct ftps_named_look look;
  struct ftps_keypair *pairs[FTPS_FOLDER_LAYOUTS]; /* one reference each */
  struct ftps_error error;                         /* the first one */
};

/* `settings`: of the session's server; NULL: in the daemon. */
void ftps_named_read(struct ftps_daemon *daemon,
    const struct ftps_settings *settings, struct ftps_named_load *loads,
    size_t n);

/* Puts what was read into the entry.  In the daemon, the pairs that it replaces
 * are kept for a day (NULL: not).
 */
void ftps_named_take(struct ftps_named_load *load, struct ftps_names *names);

#endif /* FTPS_NAMED_LOAD_H */
