/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * commands.c: see commands.h.
 */
#include "host/control/commands.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/settings.h"
#include "conn/conn.h"
#include "conn/resume.h"
#include "host/control/accept.h"
#include "host/control/dispatch.h"
#include "host/control/policy.h"
#include "host/control/start.h"
#include "host/data/as_client.h"
#include "host/data/uploads.h"
#include "host/netio.h"
#include "host/reply.h"
#include "host/session.h"
#include "log/log.h"
#include "vhost/vhosts.h"

extern module ftps_module;

/* How long a session that has ended waits for the client to notice it. */
#define ANSWER_LINGER_MS 1000

static bool is_protected(const struct ftps_session *sess) {
  return sess != NULL && sess->control != NULL;
}

/* Bytes after AUTH's CRLF were sent in clear, by the client or by somebody on
 * the network path, and would be executed as if they were protected.
 */
static bool has_pipelined_bytes(void) {
  const pr_buffer_t *buf = session.c->instrm->strm_buf;
  char byte;

  if (buf != NULL && buf->current != NULL && buf->buflen > buf->remaining) {
    return true;
  }

  /* The handshake's first byte may be here already, because the client sends
   * first.
   */
  return recv(session.c->rfd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

/* Closing with unread bytes resets the connection, and then the client may
 * never get the reply or the alert that is on its way.  So we wait for it.
 */
static void end_session(int why, const char *details) {
  struct pollfd pfd = { .fd = session.c->rfd, .events = POLLIN };
  uint64_t deadline = ftps_clock_ms() + ANSWER_LINGER_MS;
  uint64_t now = 0;
  char sink[4096];

  (void) shutdown(session.c->wfd, SHUT_WR);
  while ((now = ftps_clock_ms()) < deadline &&
      poll(&pfd, 1, (int) (deadline - now)) > 0 &&
      recv(pfd.fd, sink, sizeof(sink), MSG_DONTWAIT) > 0) {
  }

  pr_session_disconnect(&ftps_module, why, details);
}

static void refuse_pipelined(void) {
  ftps_reply_log(FTPS_REFUSAL_BYTES_AFTER_AUTH, NULL);
  ftps_reply_send(FTPS_REFUSAL_BYTES_AFTER_AUTH, NULL);
  end_session(PR_SESS_DISCONNECT_BAD_PROTOCOL, "bytes in clear behind AUTH");
}

/* The session ends: a client that goes on without TLS where AUTH fails must not
 * be led to send its password in clear.
 */
static void refuse_many(void) {
  ftps_reply_send(FTPS_REFUSAL_TOO_MANY, NULL);
  end_session(PR_SESS_DISCONNECT_CONFIG_ACL, "TLSHandshakeLimit");
}

void ftps_commands_end_failed(bool is_text) {
  if (is_text) {
    ftps_reply_send(FTPS_REFUSAL_CONTROL, NULL);
  }

  end_session(PR_SESS_DISCONNECT_BAD_PROTOCOL, "TLS handshake failed");
}

/* mod_proxy sends no reply when a data connection of its client is refused, and
 * takes the server's reply to that command for the reply to the next one.
 */
modret_t *ftps_commands_log_failed(cmd_rec *cmd) {
  const struct ftps_session *sess = ftps_session_current();

  (void) cmd;
  if (sess != NULL && sess->unanswered.text[0] != '\0') {
    pr_response_block(FALSE);
    ftps_reply_log(FTPS_REFUSAL_DATA_OF_MODULE, sess->unanswered.text);
    ftps_reply_send(FTPS_REFUSAL_DATA_OF_MODULE, sess->unanswered.text);
    end_session(PR_SESS_DISCONNECT_BY_APPLICATION,
        "data connection refused, and the module that asked for it is out of "
        "step");
  }

  return PR_DECLINED(cmd);
}

/* Returns the mechanism as it is in the reply, or NULL if it is not ours. */
static const char *find_mechanism(const char *word, bool *implies_prot_out) {
  static const struct {
    const char *name;
    bool implies_prot;
  } mechanisms[] = { { "TLS", false }, { "TLS-C", false }, { "SSL", true },
    { "TLS-P", true } };

  for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
    if (strcasecmp(word, mechanisms[i].name) == 0) {
      *implies_prot_out = mechanisms[i].implies_prot;
      return mechanisms[i].name;
    }
  }

  return NULL;
}

static modret_t *start_tls(cmd_rec *cmd, struct ftps_session *sess,
    const char *mechanism, bool implies_prot) {
  struct ftps_error err;
  bool is_text;

  if (has_pipelined_bytes()) {
    refuse_pipelined();
  }

  if (!ftps_session_may_accept(sess)) {
    refuse_many();
  }

  pr_response_send(R_234, "AUTH %s successful", mechanism);
  ftps_error_clear(&err);
  if (ftps_session_accept(sess, &is_text, &err) < 0) {
    ftps_commands_end_failed(is_text);
  }

  if (implies_prot) {
    ftps_session_set_prot(sess, FTPS_PROT_PRIVATE);
  }
  return PR_HANDLED(cmd);
}

modret_t *ftps_commands_pre_any(cmd_rec *cmd) {
  (void) cmd;

  if (ftps_session_look_again() < 0) {
    pr_session_disconnect(&ftps_module, PR_SESS_DISCONNECT_SESSION_INIT_FAILED,
        "TLS");
  }

  return PR_DECLINED(cmd);
}

/* A command of another module (MODE of mod_deflate) may have taken our streams
 * away, also in the middle of a transfer, which would go on in clear.
 */
modret_t *ftps_commands_log_any(cmd_rec *cmd) {
  (void) cmd;

  if (is_protected(ftps_session_current()) && ftps_netio_ensure() < 0) {
    pr_session_disconnect(&ftps_module, PR_SESS_DISCONNECT_BY_APPLICATION,
        "another module keeps the network streams");
  }

  return PR_DECLINED(cmd);
}

modret_t *ftps_commands_auth(cmd_rec *cmd) {
  struct ftps_session *sess = ftps_session_current();
  struct ftps_error err;
  const char *mechanism;
  bool implies_prot = false;

  if (sess == NULL) {
    return PR_DECLINED(cmd);
  }

  if (cmd->argc < 2) {
    return ftps_reply_refuse(cmd, FTPS_REFUSAL_AUTH_NO_MECHANISM, NULL);
  }

  if (ftps_session_is_cleared(sess)) {
    return ftps_reply_refuse(cmd, FTPS_REFUSAL_AUTH_AFTER_CCC, NULL);
  }

  if (is_protected(sess)) {
    return ftps_reply_refuse(cmd, FTPS_REFUSAL_AUTH_TWICE, NULL);
  }

  /* The client of a transfer in clear waits for the end of it, and not for a
   * handshake; and AUTH SSL would change the level of the transfer.
   */
  if (session.sf_flags & SF_XFER) {
    return ftps_reply_refuse(cmd, FTPS_REFUSAL_AUTH_IN_TRANSFER, NULL);
  }

  if (ftps_vhost_get0_context(sess->vhost) == NULL) {
    ftps_error_clear(&err);
    ftps_error_set(&err, "%s", ftps_vhost_fault(sess->vhost));
    ftps_error_set(&err,
        "no usable certificate for server \"%s\"; see the TLSCertificate "
        "directive",
        sess->settings->server_name);
    return ftps_reply_refuse(cmd, FTPS_REFUSAL_NO_CERTIFICATE, err.text);
  }

  if (session.user != NULL &&
      (sess->settings->options & FTPS_OPT_ALLOW_PER_USER) == 0) {
    return ftps_reply_refuse(cmd, FTPS_REFUSAL_AUTH_AFTER_LOGIN, NULL);
  }

  mechanism = find_mechanism(cmd->argv[1], &implies_prot);
  if (mechanism == NULL) {
    return PR_DECLINED(cmd);
  }

  return start_tls(cmd, sess, mechanism, implies_prot);
}

/* Both commands have one argument, and are not valid before AUTH. */
static modret_t *check_command(cmd_rec *cmd) {
  if (!is_protected(ftps_session_current())) {
    return PR_DECLINED(cmd);
  }

  return cmd->argc == 2 ? PR_HANDLED(cmd)
                        : ftps_reply_refuse(cmd, FTPS_REFUSAL_PARAMETERS, NULL);
}

modret_t *ftps_commands_pbsz(cmd_rec *cmd) {
  modret_t *checked;

  if (ftps_session_is_cleared(ftps_session_current())) {
    return ftps_reply_refuse(cmd, FTPS_REFUSAL_PBSZ_AFTER_CCC, NULL);
  }

  checked = check_command(cmd);
  if (!MODRET_ISHANDLED(checked)) {
    return checked;
  }

  pr_response_add(R_200, "PBSZ%s0 successful",
      strcmp(cmd->argv[1], "0") == 0 ? " " : "=");
  return PR_HANDLED(cmd);
}

/* After a change in the middle of a transfer ProFTPD would send the rest of the
 * file with sendfile(), without TLS.
 */
static modret_t *set_level(cmd_rec *cmd, struct ftps_session *sess,
    bool wants_private) {
  enum ftps_refusal refusal;

  if (session.sf_flags & SF_XFER) {
    return ftps_reply_refuse(cmd, FTPS_REFUSAL_PROT_IN_TRANSFER, NULL);
  }

  /* Somebody who can write into the clear control connection must not get files
   * in clear by this.
   */
  if (!wants_private && ftps_session_is_cleared(sess)) {
    return ftps_reply_refuse(cmd, FTPS_REFUSAL_PROT_AFTER_CCC, NULL);
  }

  refusal = ftps_policy_judge_prot(cmd, wants_private);
  if (refusal != FTPS_REFUSAL_NONE) {
    return ftps_reply_refuse(cmd, refusal,
        refusal == FTPS_REFUSAL_LIMIT ? cmd->argv[0] : cmd->argv[1]);
  }

  ftps_session_set_prot(sess,
      wants_private ? FTPS_PROT_PRIVATE : FTPS_PROT_CLEAR);
  pr_response_add(R_200, "Protection set to %s",
      wants_private ? "Private" : "Clear");
  return PR_HANDLED(cmd);
}

modret_t *ftps_commands_prot(cmd_rec *cmd) {
  struct ftps_session *sess = ftps_session_current();
  modret_t *checked = check_command(cmd);
  const char *level;

  if (!MODRET_ISHANDLED(checked)) {
    return checked;
  }

  level = cmd->argv[1];
  if (strcmp(level, "P") == 0 || strcmp(level, "C") == 0) {
    return set_level(cmd, sess, *level == 'P');
  }

  return ftps_reply_refuse(cmd,
      strcmp(level, "S") == 0 || strcmp(level, "E") == 0
          ? FTPS_REFUSAL_PROT_UNSUPPORTED
          : FTPS_REFUSAL_PROT_UNKNOWN,
      level);
}

modret_t *ftps_commands_pre_upload(cmd_rec *cmd) {
  const struct ftps_session *sess = ftps_session_current();
  bool is_upload = cmd->cmd_id == PR_CMD_STOR_ID ||
      cmd->cmd_id == PR_CMD_STOU_ID || cmd->cmd_id == PR_CMD_APPE_ID;

  if (is_upload && is_protected(sess) && sess->prot == FTPS_PROT_PRIVATE &&
      ftps_uploads_protect(cmd) < 0) {
    ftps_log("%s: a refused upload may change the file: %s",
        (const char *) cmd->argv[0], strerror(errno));
  }

  return PR_DECLINED(cmd);
}

modret_t *ftps_commands_log_upload(cmd_rec *cmd) {
  (void) cmd;
  ftps_uploads_end();
  return PR_DECLINED(cmd);
}

/* SSCN may change after PASV, so this is checked again when the connection
 * exists.
 */
static int check_listening(const cmd_rec *cmd, const struct ftps_session *sess,
    struct ftps_error *err) {
  return cmd->cmd_id == PR_CMD_PASV_ID || cmd->cmd_id == PR_CMD_EPSV_ID
      ? ftps_data_check_listening(sess, err)
      : 0;
}

modret_t *ftps_commands_pre_data(cmd_rec *cmd) {
  const struct ftps_session *sess = ftps_session_current();
  struct ftps_error err;

  ftps_error_clear(&err);
  if (is_protected(sess)) {
    if (ftps_netio_ensure() < 0) {
      return ftps_reply_refuse(cmd, FTPS_REFUSAL_STREAMS_TAKEN, NULL);
    }
    if (check_listening(cmd, sess, &err) < 0) {
      return ftps_reply_refuse(cmd, err.refusal, NULL);
    }
    ftps_resume_renew_ticket(sess->control, time(NULL));
  }

  return PR_DECLINED(cmd);
}
