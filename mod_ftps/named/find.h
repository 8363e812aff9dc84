/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * find.h: finds the certificate of a name, in a session.
 *
 * What the daemon has read is in the session's memory.  If there is none, or if
 * its files have changed, the session reads them and tells the daemon, which
 * reads them for all later sessions.  A name without a folder costs a fixed
 * number of looks at the file system, and is remembered nowhere.
 */
#ifndef FTPS_NAMED_FIND_H
#define FTPS_NAMED_FIND_H

#include <stdbool.h>

#include "named/shown.h"

struct ftps_daemon;
struct ftps_settings;

enum ftps_found {
  FTPS_FOUND_NOTHING, /* the server's own certificate is to be used */
  FTPS_FOUND_FOLDER,  /* likewise, but the name has a folder; its faults have
                       * been logged */
  FTPS_FOUND_CERTIFICATE
};

/* Finds the certificate for a server with these settings. `may_read`: the
 * process has root and is not in a chroot.
 */
enum ftps_found ftps_names_find(struct ftps_daemon *daemon,
    const struct ftps_settings *settings, const char *host, bool may_read,
    struct ftps_shown *cert_out);

#endif /* FTPS_NAMED_FIND_H */
