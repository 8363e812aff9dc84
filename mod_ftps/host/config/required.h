/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * required.h: which values of TLSRequired apply, looked up in the
 * configuration.
 *
 * The values of the server and of <Anonymous> hold everywhere.  For a transfer
 * the data requirement of the innermost <Directory> around its path holds too,
 * and that of .ftpaccess files; the path need not be in the working directory.
 * Each of these can require more, but not less, with two exceptions: of a
 * <Directory> in a <Directory> only the inner one counts, and <Anonymous> with
 * TLSOptions AllowPerUser may require less, which is the purpose of that
 * option.
 *
 * session.dir_config belongs to another command or another path.  So the
 * section is looked up here, with the same calls as in ProFTPD, and
 * session.dir_config is not changed.
 */
#ifndef FTPS_HOST_CONFIG_REQUIRED_H
#define FTPS_HOST_CONFIG_REQUIRED_H

#include <stdbool.h>

#include "host/config/require.h"

#include "conf.h"

/* The requirements for the whole session. */
void ftps_required_read_server(bool is_per_user, struct ftps_requirements *out);

/* A path of the session with its chroot: sections have names from the real
 * root.
 */
char *ftps_required_full_path(pool *p, const char *path);

/* The data requirement for a path of the session; .ftpaccess files are read. */
enum ftps_require ftps_required_at(pool *p, const char *path);

/* The same for a full path, with the .ftpaccess files that ProFTPD has read
 * already.
 */
enum ftps_require ftps_required_match(pool *p, char *full);

/* True if protection is required anywhere below a full path. .ftpaccess files
 * are not searched for.
 */
bool ftps_required_below(const char *top);

#endif /* FTPS_HOST_CONFIG_REQUIRED_H */
