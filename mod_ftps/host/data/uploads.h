/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * host/data/uploads.h - a refused upload changes nothing
 *
 * ProFTPD opens, creates and empties the target of STOR, STOU and APPE before
 * it has a data connection.  With these two calls before and after the command
 * a target is created, or emptied, only when the first byte is written or when
 * an empty upload is complete.  Until then a refused, failed or aborted upload
 * changes neither bytes nor mtime nor name of an existing file
 * (DeleteAbortedStores), and makes no new one. stored.h handles what other
 * sessions do with the same name meanwhile.
 *
 * The caller decides which uploads are protected; nothing here depends on TLS.
 * The state lives in the pool of the file-system hook, which is a child of
 * session.pool; nothing has to be freed.
 */

#ifndef FTPS_HOST_DATA_UPLOADS_H
#define FTPS_HOST_DATA_UPLOADS_H

#include <stdbool.h>

struct cmd_struc;

/* For PRE_CMD of STOR, STOU and APPE, any number of times per session.  The
 * first call puts the hook on top of all others for "/".  Does nothing before
 * login (at login other modules put theirs there, or take the topmost off)
 * and in sessions that are not FTP (SFTP dispatches the same commands, but
 * has no data connection).
 *
 * DIAGNOSTICS: returns 0, or -1 with errno set; then the upload runs as in
 * ProFTPD alone.  EINVAL: not one of these commands; or the error of
 * pr_register_fs().
 */
int ftps_uploads_protect(struct cmd_struc *cmd);

/* For LOG_CMD and LOG_CMD_ERR of the same commands, and for the end of the
 * session; does nothing at any other time.  If the target is open and nothing
 * was written to it, the upload has failed.
 */
void ftps_uploads_end(void);

/* The data connection of an upload has come to its end, and this end is good.
 * An upload without it has failed.
 */
void ftps_uploads_arrived(void);

/* Called when the data connection of an upload has ended, normally or without
 * close_notify.  Returns true if the upload has failed nevertheless; the reply
 * and TLSLog have the reason.  It has failed if somebody else has removed or
 * emptied the file.  It has also failed if a file with bytes would be emptied
 * by a connection that ended without a byte and without close_notify, which
 * anybody on the network path can cause.
 */
bool ftps_uploads_is_lost(bool is_orderly);

#endif
