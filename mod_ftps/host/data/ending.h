/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ending.h: the end of a data connection: decides whether the transfer is
 * complete.
 */
#ifndef FTPS_HOST_DATA_ENDING_H
#define FTPS_HOST_DATA_ENDING_H

#include "conn/conn.h"

#include "conf.h"

struct ftps_error;
struct ftps_session;

/* Before the end of a data connection: if its handshake waits for the client
 * (DataWithHandshake), sends close_notify and finishes the handshake.  Returns
 * 0, or -1 if it failed, as below.
 */
int ftps_data_finish(struct ftps_session *sess, struct ftps_conn *conn);

/* Closes a data connection, if nothing has closed it yet: with close_notify,
 * but not in the middle of a download.  `is_patient`: see ftps_conn_close().
 */
void ftps_data_end(struct ftps_conn *conn, bool is_patient);

/* The client's part of a handshake failed after data had been sent with ours:
 * reports the reason, and closes both descriptors.
 */
void ftps_data_tell_unfinished(struct ftps_session *sess,
    const struct ftps_conn *conn, const struct ftps_error *err);

/* The client has reset a data connection after everything had been sent. */
void ftps_data_tell_reset(struct ftps_session *sess);

/* POST_CMD of downloads and listings: ProFTPD replies 226 for every end of the
 * connection, and for failed writes of NLST.
 */
modret_t *ftps_data_post_download(cmd_rec *cmd);

/* POST_CMD_ERR of listings: ProFTPD does not reply to an NLST whose write
 * fails.
 */
modret_t *ftps_data_post_failed(cmd_rec *cmd);

/* A data connection has ended with `end` (FTPS_IO_EOF, FTPS_IO_TRUNCATED,
 * FTPS_IO_CUT).  Returns FTPS_IO_EOF, or another value if an upload has failed.
 * TLSTruncation decides about one without close_notify.  With any value of it,
 * an upload whose file was removed by somebody else has failed, and a file with
 * bytes is not emptied by such an end.
 */
enum ftps_io ftps_data_judge_end(const struct ftps_session *sess,
    enum ftps_io end);

#endif /* FTPS_HOST_DATA_ENDING_H */
