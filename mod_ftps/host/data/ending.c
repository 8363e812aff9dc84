/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ending.c: see ending.h.
 */
#include "host/data/ending.h"

#include <poll.h>

#include "base/clock.h"
#include "base/fds.h"
#include "base/settings.h"
#include "conn/close.h"
#include "conn/conn.h"
#include "conn/handshake.h"
#include "conn/io.h"
#include "conn/wait.h"
#include "host/data/data_conn.h"
#include "host/data/transfer.h"
#include "host/data/uploads.h"
#include "host/names.h"
#include "host/reply.h"
#include "host/session.h"
#include "log/log.h"

/* The longest time between the ends of two connections of a client that was
 * killed.
 */
#define LEAVE_MS 20

/* ProFTPD's replies of success, and of failure. */
extern pr_response_t *resp_list, *resp_err_list;

void ftps_data_tell_unfinished(struct ftps_session *sess,
    const struct ftps_conn *conn, const struct ftps_error *err) {
  int ssl_error = conn->ssl_error;

  sess->unfinished = *err;
  ftps_reply_log_error(FTPS_REFUSAL_UNFINISHED, err);
  pr_event_generate(FTPS_EVENT_DATA_FAILED, &ssl_error);
  if ((session.sf_flags & SF_ABORT) == 0) {
    ftps_reply_add(FTPS_REFUSAL_UNFINISHED, err->text);
  }
  ftps_data_close_sockets(false);
}

int ftps_data_finish(struct ftps_session *sess, struct ftps_conn *conn) {
  struct ftps_error err;

  if (conn->state != FTPS_CONN_HALF) {
    return 0;
  }

  ftps_error_clear(&err);
  ftps_conn_notify(conn);
  if (ftps_handshake_finish(conn, &err) == 0) {
    return 0;
  }

  ftps_data_tell_unfinished(sess, conn, &err);
  return -1;
}

/* ProFTPD takes the end of the control connection for an ABOR. */
static bool has_aborted(void) {
  return (session.sf_flags & SF_ABORT) != 0 && session.c != NULL &&
      !ftps_fds_is_shut(session.c->rfd);
}

/* ProFTPD shuts the stream down when all of a download or a listing was sent.
 * If it closes the stream without that, the session ends, or the file cannot be
 * read.  A client that has sent ABOR knows that there is more.  Other modules
 * never shut a stream down.
 */
static bool is_cut_short(const struct ftps_conn *conn) {
  return session.xfer.direction == PR_NETIO_IO_WR && !conn->is_watched &&
      !has_aborted();
}

void ftps_data_end(struct ftps_conn *conn, bool is_patient) {
  if (is_cut_short(conn)) {
    ftps_conn_cut(conn);
  } else {
    ftps_conn_close(conn, is_patient);
  }
}

void ftps_data_tell_reset(struct ftps_session *sess) {
  if (ftps_transfer_is_upload()) {
    return;
  }

  ftps_error_refuse(&sess->unfinished, FTPS_REFUSAL_DOWNLOAD_RESET, NULL);
  ftps_reply_log(FTPS_REFUSAL_DOWNLOAD_RESET, NULL);
}

modret_t *ftps_data_post_download(cmd_rec *cmd) {
  const struct ftps_session *sess = ftps_session_current();

  (void) cmd;
  if (sess != NULL && sess->unfinished.text[0] != '\0') {
    pr_response_clear(&resp_list);
    pr_response_add(ftps_refusal_row(FTPS_REFUSAL_UNFINISHED)->code, "%s",
        sess->unfinished.text);
  }

  return PR_DECLINED(cmd);
}

modret_t *ftps_data_post_failed(cmd_rec *cmd) {
  const struct ftps_session *sess = ftps_session_current();

  (void) cmd;
  if (sess != NULL && sess->unfinished.text[0] != '\0' &&
      resp_err_list == NULL) {
    ftps_reply_add(FTPS_REFUSAL_UNFINISHED, sess->unfinished.text);
  }

  return PR_DECLINED(cmd);
}

/* A part of a record cannot be decrypted, so bytes are certainly missing. */
static enum ftps_io refuse_cut(void) {
  ftps_reply_log(FTPS_REFUSAL_UPLOAD_CUT, NULL);
  ftps_reply_add(FTPS_REFUSAL_UPLOAD_CUT, NULL);
  return FTPS_IO_CUT;
}

static enum ftps_io refuse_missing_end(enum ftps_refusal reason) {
  ftps_reply_log(reason, NULL);
  ftps_reply_add(reason, NULL);
  return FTPS_IO_TRUNCATED;
}

/* True if the control connection has ended too, so nobody waits for the reply:
 * the client was killed.  Its kernel closes one connection after the other.
 */
static bool has_left(const struct ftps_session *sess) {
  struct ftps_conn *control = sess->control;
  char byte;
  int res = control != NULL ? ftps_io_peek(control, &byte, sizeof(byte)) : 1;

  if (res < 0 &&
      ftps_conn_wait(control, POLLIN, ftps_clock_ms() + LEAVE_MS) > 0) {
    res = ftps_io_peek(control, &byte, sizeof(byte));
  }

  return res == 0;
}

static enum ftps_io judge_missing_end(const struct ftps_session *sess) {
  if (sess->settings->truncation != FTPS_TRUNCATION_LOG) {
    return refuse_missing_end(FTPS_REFUSAL_UPLOAD_NO_CLOSE_NOTIFY);
  }
  if (has_left(sess)) {
    return refuse_missing_end(FTPS_REFUSAL_UPLOAD_GONE);
  }

  ftps_log("upload ended without TLS close_notify, the file may be truncated "
           "(TLSTruncation log)");
  return FTPS_IO_EOF;
}

static enum ftps_io judge(const struct ftps_session *sess, enum ftps_io end) {
  bool is_accepted =
      end == FTPS_IO_EOF || sess->settings->truncation == FTPS_TRUNCATION_OFF;

  if (end != FTPS_IO_EOF && sess->data->is_watched &&
      ftps_transfer_is_upload()) {
    ftps_log("upload ended without TLS close_notify; the module that "
             "receives the file does not learn this");
  }
  if (session.xfer.direction != PR_NETIO_IO_RD) {
    return FTPS_IO_EOF;
  }
  if (end == FTPS_IO_CUT) {
    return refuse_cut();
  }
  if (ftps_uploads_is_lost(is_accepted)) {
    return FTPS_IO_TRUNCATED;
  }

  return is_accepted ? FTPS_IO_EOF : judge_missing_end(sess);
}

enum ftps_io ftps_data_judge_end(const struct ftps_session *sess,
    enum ftps_io end) {
  enum ftps_io result = judge(sess, end);

  if (result == FTPS_IO_EOF) {
    ftps_uploads_arrived();
  }
  return result;
}
