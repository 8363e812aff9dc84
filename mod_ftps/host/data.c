/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * data.c: see data.h.
 *
 * DIAGNOSTICS: a refusal is a 425 whose first line is the reason, and a line in
 * TLSLog.
 */
#include "host/data.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/settings.h"
#include "base/x509_text.h"
#include "conn/client.h"
#include "conn/conn.h"
#include "conn/resume.h"
#include "host/ccc.h"
#include "host/early.h"
#include "host/log.h"
#include "host/names.h"
#include "host/sendfile.h"
#include "host/session.h"
#include "host/sscn.h"

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

  return ftps_conn_new(&props, err);
}

/* What was begun early may be finished already. */
static void shake_hands(const struct ftps_session *sess, struct ftps_conn *conn,
    struct ftps_error *err) {
  unsigned int timeout = sess->settings->handshake_timeout;

  if (conn->state == FTPS_CONN_OPEN ||
      ftps_conn_handshake(conn, timeout, err) == 0) {
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
  const char *kernel = ftps_conn_is_in_kernel(conn) ? " (KernelTLS)" : "";

  if (SSL_session_reused(conn->ssl)) {
    ftps_log("%s: %s%s", SSL_get_version(conn->ssl), FTPS_LOG_REUSED, kernel);
  } else {
    ftps_log("%s data connection %s, using cipher %s%s",
        SSL_get_version(conn->ssl),
        conn->tag.peer != NULL ? "made as TLS client (SSCN)" : "accepted",
        SSL_get_cipher_name(conn->ssl), kernel);
  }
}

int ftps_data_accept(struct ftps_session *sess) {
  struct ftps_conn *conn;
  struct ftps_conn_peer peer;
  struct ftps_error err;
  bool is_client = ftps_sscn_is_client(sess);

  ftps_error_clear(&err);
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

enum ftps_io ftps_data_judge_end(const struct ftps_session *sess) {
  if (session.xfer.direction != PR_NETIO_IO_RD ||
      sess->settings->truncation == FTPS_TRUNCATION_OFF) {
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
