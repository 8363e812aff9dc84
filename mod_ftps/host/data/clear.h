/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * clear.h: TLSRequired for transfers in clear, where they happen.
 *
 * host/control/policy.c checks the path of the client before the command runs.
 * Other modules and directives may change what is opened (mod_rewrite,
 * ListOptions, aliases of mod_vroot).  So the path in use is checked again: by
 * a file-system hook when a transfer opens a file or a directory, before
 * anything is made or emptied, and when a data connection is opened in clear.
 *
 * The hook is one for "/" per session, above those of other modules, which they
 * add at login.  It is made at the first transfer in clear and does nothing at
 * other times.  Both the path of the session and, if /proc shows it, the path
 * of the system count; they differ behind an alias.
 *
 * DIAGNOSTICS: "refused: COMMAND: 522 ..." in TLSLog.  The last reply is this
 * 522.  A listing sends what is allowed, and ends with this reply.
 */
#ifndef FTPS_HOST_DATA_CLEAR_H
#define FTPS_HOST_DATA_CLEAR_H

#include "host/config/require.h"

#include "conf.h"

struct ftps_session;

/* Before the command runs: the data requirement for a path of the session, also
 * behind an alias; .ftpaccess files are read.
 */
enum ftps_require ftps_clear_required_at(pool *p, const char *path);

/* PRE_CMD of every command: adds the hook before a transfer in clear. */
modret_t *ftps_clear_pre_any(cmd_rec *cmd);

/* POST_CMD and POST_CMD_ERR of every command: replies to a refused transfer. */
modret_t *ftps_clear_post_any(cmd_rec *cmd);

/* A data connection was opened and stays in clear.  Returns 0, or -1 if it may
 * not: then both descriptors are closed, and errno is EPERM.
 */
int ftps_clear_accept(struct ftps_session *sess);

#endif /* FTPS_HOST_DATA_CLEAR_H */
