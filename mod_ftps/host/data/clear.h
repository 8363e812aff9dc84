/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * clear.h: TLSRequired for transfers in clear, where they happen.
 *
 * host/control/policy.c judges the words of the client before the command runs.
 * Other modules and directives change afterwards what is opened (mod_rewrite,
 * ListOptions, aliases of mod_vroot).  So the path in use is judged again: by a
 * file-system hook where a transfer opens a file or a directory, before
 * anything is made or emptied, and where a data connection is opened in clear.
 *
 * The hook is one for "/" per session, on top of those that other modules have
 * put there at login.  It is made at the first transfer in clear and does
 * nothing at other times.  A path counts as the session sees it and, where
 * /proc tells, as the system knows it, which is another one behind an alias.
 *
 * DIAGNOSTICS: "refused: COMMAND: 522 ..." in TLSLog.  The last reply is this
 * 522.  A listing sends what it may, and ends with it.
 */
#ifndef FTPS_HOST_DATA_CLEAR_H
#define FTPS_HOST_DATA_CLEAR_H

#include "host/config/require.h"

#include "conf.h"

struct ftps_session;

/* Before the command runs: the data requirement around a path of the session,
 * also behind an alias; .ftpaccess files are read.
 */
enum ftps_require ftps_clear_required_at(pool *p, const char *path);

/* PRE_CMD of every command: the hook is there before a transfer in clear. */
modret_t *ftps_clear_pre_any(cmd_rec *cmd);

/* POST_CMD and POST_CMD_ERR of every command: the reply to what was refused. */
modret_t *ftps_clear_post_any(cmd_rec *cmd);

/* A data connection has been opened and stays in clear.  0, or -1: it may not,
 * both descriptors are closed, errno is EPERM.
 */
int ftps_clear_accept(struct ftps_session *sess);

#endif /* FTPS_HOST_DATA_CLEAR_H */
