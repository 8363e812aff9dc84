/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * data.c: see data.h.
 *
 * DIAGNOSTICS: a refusal is a 425 whose first line is the reason, and a line in
 * TLSLog.
 */
#include "host/data/data.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/settings.h"
#include "base/x509_text.h"
#include "conn/as_client.h"
#include "conn/close.h"
#include "conn/conn.h"
#include "conn/handshake.h"
#include "conn/resume.h"
#include "host/control/ccc.h"
#include "host/control/sscn.h"
#include "host/data/early.h"
#include "host/data/sendfile.h"
#include "host/names.h"
#include "host/netio.h"
#include "host/session.h"
#include "log/log.h"

/* The core's, of replies that are not errors. */
extern pr_response_t *resp_list;

/* The core corks data sockets, so each flight of the handshake that is smaller
 * than a segment would wait 200 ms.
 */
void ftps_data_uncork(int fd) {
  int on = 1;

  (void) pr_inet_set_proto_cork(fd, 0);
  (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* The core would linger for the client before it sends the 425; a stream with
 * a negative descriptor it leaves alone.
 */
void ftps_data_close_sockets(void) {
  (void) shutdown(session.d->wfd, SHUT_RDWR);
  (void) close(session.d->rfd);
  (void) close(session.d->wfd);
  session.d->instrm->strm_fd = session.d->outstrm->strm_fd = -1;
  session.d->rfd = session.d->wfd = -1;
}

static int refuse(struct ftps_conn *conn, const struct ftps_error *err) {
  bool was_open = conn != NULL && conn->state == FTPS_CONN_OPEN;
  bool not_reused = conn != NULL && conn->tag.must_resume &&
      (conn->tag.refused_full || was_open);

  if (not_reused) {
    ftps_log(FTPS_LOG_NOT_REUSED ": %s", err->text);
  } else {
    ftps_log("unable to accept data connection: %s", err->text);
  }

  if (conn != NULL) {
    pr_event_generate(FTPS_EVENT_DATA_FAILED, &conn->ssl_error);
    ftps_conn_close(conn, false);
    ftps_conn_free(conn);
  }
  ftps_data_close_sockets();

  pr_response_add_err(R_425, "%s%s", err->text,
      not_reused ? "; switch on TLS session reuse in the client" : "");
  session.d->xerrno = EPERM;
  errno = EPERM;
  return -1;
}

bool ftps_data_is_upload(void) {
  return session.curr_cmd_id == PR_CMD_STOR_ID ||
      session.curr_cmd_id == PR_CMD_APPE_ID ||
      session.curr_cmd_id == PR_CMD_STOU_ID;
}

/* Uploads are decrypted here, where records are read ahead; and the kernel does
 * not change keys.  What an early connection is for is not known yet.
 */
static bool may_be_in_kernel(const struct ftps_session *sess) {
  return (sess->settings->options & FTPS_OPT_KERNEL_TLS) != 0 &&
      ftps_sendfile_is_possible() && session.curr_cmd_id == PR_CMD_RETR_ID &&
      session.d->mode != CM_LISTEN && sess->settings->rekey_data_kilobytes == 0;
}

static bool is_listing(void) {
  return session.curr_cmd_id == PR_CMD_LIST_ID ||
      session.curr_cmd_id == PR_CMD_MLSD_ID ||
      session.curr_cmd_id == PR_CMD_NLST_ID;
}

/* Bytes of the file that is to be sent, as many as mod_xfer will hand over; 0:
 * they are not known, or change on their way.
 */
static uint64_t count_expected(void) {
  const off_t *offset =
      pr_table_get(session.curr_cmd_rec->notes, "mod_xfer.file-offset", NULL);

  if (offset == NULL || session.range_len > 0 ||
      (session.sf_flags & (SF_ASCII | SF_ASCII_OVERRIDE)) != 0 ||
      session.xfer.file_size <= *offset || !ftps_netio_is_bare()) {
    return 0;
  }

  return (uint64_t) (session.xfer.file_size - *offset);
}

/* An early connection asks the library for the pause before anybody knows what
 * the connection is for.
 */
static bool may_pause(const struct ftps_session *sess) {
  return (sess->settings->options & FTPS_OPT_DATA_WITH_HANDSHAKE) != 0 &&
      (session.d->mode == CM_LISTEN || is_listing() ||
          (session.curr_cmd_id == PR_CMD_RETR_ID && count_expected() > 0));
}

struct ftps_conn *ftps_data_new_conn(struct ftps_session *sess, int fd,
    const struct ftps_conn_peer *peer, struct ftps_error *err) {
  struct ftps_conn_props props = { .kind = FTPS_KIND_DATA,
    .fd = fd,
    .vhost = sess->control->vhost,
    .token = sess->token,
    .control = sess->control,
    .may_not_resume =
        (sess->settings->options & FTPS_OPT_NO_SESSION_REUSE) != 0,
    .may_be_in_kernel = may_be_in_kernel(sess),
    .peer = peer };

  props.may_pause = peer == NULL && !props.may_be_in_kernel && may_pause(sess);

  return ftps_conn_new(&props, err);
}

/* What was begun early may be finished already. */
static void shake_hands(const struct ftps_session *sess, struct ftps_conn *conn,
    struct ftps_error *err) {
  unsigned int timeout = sess->settings->handshake_timeout;

  if (conn->may_pause) {
    conn->may_pause = may_pause(sess);
    conn->expected = is_listing() ? 0 : count_expected();
  }

  if (conn->state == FTPS_CONN_OPEN ||
      ftps_handshake_run(conn, timeout, err) == 0) {
    (void) ftps_conn_is_bound(conn, err);
    if (ftps_data_is_upload()) {
      ftps_conn_expect_much(conn);
    }
    if (conn->tag.peer != NULL && ftps_data_is_upload()) {
      (void) ftps_client_await(conn, timeout, err);
    }
  }
}

static void log_accepted(const struct ftps_conn *conn) {
  const char *way = "";

  if (ftps_conn_is_in_kernel(conn)) {
    way = " (KernelTLS)";
  } else if (conn->state == FTPS_CONN_HALF) {
    way = " (DataWithHandshake)";
  }

  if (SSL_session_reused(conn->ssl)) {
    ftps_log("%s: %s%s", SSL_get_version(conn->ssl), FTPS_LOG_REUSED, way);
  } else {
    ftps_log("%s data connection %s, using cipher %s%s",
        SSL_get_version(conn->ssl),
        conn->tag.peer != NULL ? "made as TLS client (SSCN)" : "accepted",
        SSL_get_cipher_name(conn->ssl), way);
  }
}

int ftps_data_accept(struct ftps_session *sess) {
  struct ftps_conn *conn;
  struct ftps_conn_peer peer;
  struct ftps_error err;
  bool is_client = ftps_sscn_is_client(sess);

  ftps_error_clear(&err);
  ftps_error_clear(&sess->unfinished);
  ftps_sendfile_forbid();
  conn = ftps_early_take(sess, &err);
  if (sess->control == NULL ||
      (sess->control->state != FTPS_CONN_OPEN && !ftps_ccc_is_done(sess))) {
    ftps_error_set(&err, "no TLS control connection to belong to");
    return refuse(conn, &err);
  }

  if (conn == NULL) {
    ftps_data_uncork(session.d->wfd);
    if (is_client) {
      ftps_sscn_describe_peer(sess, &peer);
    }
    conn = ftps_data_new_conn(sess, session.d->wfd, is_client ? &peer : NULL,
        &err);
  }
  if (conn != NULL && err.text[0] == '\0') {
    shake_hands(sess, conn, &err);
  }

  /* Clients on OpenSSL spend each ticket once: the one that this connection
   * cost is replaced with the next reply.
   */
  ftps_resume_send_ticket(sess->control, time(NULL));

  if (conn == NULL || err.text[0] != '\0') {
    return refuse(conn, &err);
  }

  ftps_conn_free(sess->data);
  sess->data = conn;
  ftps_sendfile_allow(conn);
  log_accepted(conn);
  return 0;
}

void ftps_data_tell_unfinished(struct ftps_session *sess,
    const struct ftps_conn *conn, const struct ftps_error *err) {
  int ssl_error = conn->ssl_error;

  sess->unfinished = *err;
  ftps_log("data connection failed behind the first data: %s", err->text);
  pr_event_generate(FTPS_EVENT_DATA_FAILED, &ssl_error);
  if ((session.sf_flags & SF_ABORT) == 0) {
    pr_response_add_err(R_426, "%s", err->text);
  }
  ftps_data_close_sockets();
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

modret_t *ftps_data_post_listing(cmd_rec *cmd) {
  const struct ftps_session *sess = ftps_session_current();

  (void) cmd;
  if (sess != NULL && sess->unfinished.text[0] != '\0') {
    pr_response_clear(&resp_list);
    pr_response_add(R_426, "%s", sess->unfinished.text);
  }

  return PR_DECLINED(cmd);
}

/* Part of a record cannot be decrypted, so it is no question of taste whether
 * something is missing.
 */
static enum ftps_io refuse_cut(void) {
  ftps_log("upload ended in the middle of a TLS record, the file is truncated");
  pr_response_add_err(R_426,
      "upload ended in the middle of a TLS record, it is truncated");
  return FTPS_IO_CUT;
}

enum ftps_io ftps_data_judge_end(const struct ftps_session *sess,
    enum ftps_io end) {
  if (session.xfer.direction != PR_NETIO_IO_RD) {
    return FTPS_IO_EOF;
  }
  if (end == FTPS_IO_CUT) {
    return refuse_cut();
  }
  if (sess->settings->truncation == FTPS_TRUNCATION_OFF) {
    return FTPS_IO_EOF;
  }

  ftps_log("upload ended without TLS close_notify, the file may be "
           "truncated (TLSTruncation %s)",
      sess->settings->truncation == FTPS_TRUNCATION_STRICT ? "strict" : "log");
  if (sess->settings->truncation == FTPS_TRUNCATION_LOG) {
    return FTPS_IO_EOF;
  }

  pr_response_add_err(R_426,
      "upload ended without TLS close_notify, it may "
      "be truncated");
  return FTPS_IO_TRUNCATED;
}
