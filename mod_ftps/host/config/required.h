/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * required.h: which values of TLSRequired apply, looked up in the
 * configuration.
 *
 * The server's value and <Anonymous>'s hold everywhere.  A transfer is subject,
 * besides, to the data requirement of the innermost <Directory> around the path
 * that it is about, which need not be the working directory, and of .ftpaccess
 * files.  Each of these adds to what is required and takes nothing from it,
 * but for a <Directory> in a <Directory>, where the inner one decides alone,
 * and for <Anonymous> under TLSOptions AllowPerUser, which is there for that.
 *
 * session.dir_config belongs to another command or another path: the section is
 * looked up here, by the same calls as the core's own, and session.dir_config
 * is left as it is.
 */
#ifndef FTPS_HOST_CONFIG_REQUIRED_H
#define FTPS_HOST_CONFIG_REQUIRED_H

#include <stdbool.h>

#include "host/config/require.h"

#include "conf.h"

/* What holds for the whole session. */
void ftps_required_read_server(bool is_per_user, struct ftps_requirements *out);

/* A path of the session with its chroot: sections are named from the real root.
 */
char *ftps_required_full_path(pool *p, const char *path);

/* The data requirement around a path of the session; .ftpaccess files are read.
 */
enum ftps_require ftps_required_at(pool *p, const char *path);

/* The same for a full path, with those .ftpaccess files that the core has read
 * already.
 */
enum ftps_require ftps_required_match(pool *p, char *full);

/* Is protection required anywhere below a full path?  .ftpaccess files are not
 * searched for.
 */
bool ftps_required_below(const char *top);

#endif /* FTPS_HOST_CONFIG_REQUIRED_H */
