/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
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
#include "host/control/reply.h"
#include "host/data/as_client.h"
#include "host/data/uploads.h"
#include "host/netio.h"
#include "host/session.h"
#include "log/log.h"
#include "vhost/vhosts.h"

extern module ftps_module;

/* How long a session that has ended waits for the client to notice. */
#define ANSWER_LINGER_MS 1000

static bool is_protected(const struct ftps_session *sess) {
  return sess != NULL && sess->control != NULL;
}

/* Bytes behind AUTH's CRLF were sent in clear, by the client or by somebody on
 * the way, and would be executed as if they had come protected.
 */
static bool has_pipelined_bytes(void) {
  const pr_buffer_t *buf = session.c->instrm->strm_buf;
  char byte;

  if (buf != NULL && buf->current != NULL && buf->buflen > buf->remaining) {
    return true;
  }

  /* The handshake's first byte may be here already: client speaks first. */
  return recv(session.c->rfd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

/* Closing with bytes unread resets the connection, and the client may never see
 * the reply or the alert that is under way.
 */
static void let_answer_arrive(void) {
  struct pollfd pfd = { .fd = session.c->rfd, .events = POLLIN };
  uint64_t deadline = ftps_clock_ms() + ANSWER_LINGER_MS;
  uint64_t now = 0;
  char sink[4096];

  (void) shutdown(session.c->wfd, SHUT_WR);
  while ((now = ftps_clock_ms()) < deadline &&
      poll(&pfd, 1, (int) (deadline - now)) > 0 &&
      recv(pfd.fd, sink, sizeof(sink), MSG_DONTWAIT) > 0) {
  }
}

static void refuse_pipelined(void) {
  ftps_log_admin(PR_LOG_NOTICE,
      "bytes sent in clear behind AUTH, possibly "
      "an injected command; ending the session");
  pr_response_send(R_421, "Bytes in clear behind AUTH, closing connection");
  let_answer_arrive();
  pr_session_disconnect(&ftps_module, PR_SESS_DISCONNECT_BAD_PROTOCOL,
      "bytes in clear behind AUTH");
}

void ftps_commands_end_failed(bool is_text) {
  if (is_text) {
    pr_response_send(R_421, "TLS handshake failed");
  }

  let_answer_arrive();
  pr_session_disconnect(&ftps_module, PR_SESS_DISCONNECT_BAD_PROTOCOL,
      "TLS handshake failed");
}

/* The mechanism as it is answered, or NULL for one that is not ours. */
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

modret_t *ftps_commands_auth(cmd_rec *cmd) {
  struct ftps_session *sess = ftps_session_current();
  const char *mechanism;
  bool implies_prot = false;

  if (sess == NULL) {
    return PR_DECLINED(cmd);
  }

  if (cmd->argc < 2) {
    return ftps_reply_refuse(cmd, R_504, "AUTH requires at least one argument");
  }

  if (ftps_session_is_cleared(sess)) {
    ftps_log("AUTH refused: after CCC");
    return ftps_reply_refuse(cmd, R_534, FTPS_REPLY_UNWILLING);
  }

  if (is_protected(sess)) {
    return ftps_reply_refuse(cmd, R_503, "Unwilling to accept second AUTH");
  }

  if (ftps_vhost_get0_context(sess->vhost) == NULL) {
    ftps_log("AUTH refused: no usable certificate for server \"%s\"; see the "
             "TLSRSACertificateFile and TLSECCertificateFile directives",
        sess->settings->server_name);
    if (*ftps_vhost_fault(sess->vhost) != '\0') {
      ftps_log("AUTH refused: %s", ftps_vhost_fault(sess->vhost));
    }
    return ftps_reply_refuse(cmd, R_431,
        "Necessary security resource unavailable");
  }

  if (session.user != NULL &&
      (sess->settings->options & FTPS_OPT_ALLOW_PER_USER) == 0) {
    ftps_log("AUTH refused: after login");
    return ftps_reply_refuse(cmd, R_534, FTPS_REPLY_UNWILLING);
  }

  mechanism = find_mechanism(cmd->argv[1], &implies_prot);
  if (mechanism == NULL) {
    return PR_DECLINED(cmd);
  }

  return start_tls(cmd, sess, mechanism, implies_prot);
}

/* Both commands take one argument, and do not exist before AUTH. */
static modret_t *check_command(cmd_rec *cmd) {
  if (!is_protected(ftps_session_current())) {
    return PR_DECLINED(cmd);
  }

  return cmd->argc == 2
      ? PR_HANDLED(cmd)
      : ftps_reply_refuse(cmd, R_501, "Invalid number of parameters");
}

modret_t *ftps_commands_pbsz(cmd_rec *cmd) {
  modret_t *checked;

  if (ftps_session_is_cleared(ftps_session_current())) {
    return ftps_reply_refuse(cmd, R_503,
        "PBSZ not allowed on insecure control connection");
  }

  checked = check_command(cmd);
  if (!MODRET_ISHANDLED(checked)) {
    return checked;
  }

  pr_response_add(R_200, "PBSZ%s0 successful",
      strcmp(cmd->argv[1], "0") == 0 ? " " : "=");
  return PR_HANDLED(cmd);
}

/* A change in the middle of a transfer would make the core send the rest of the
 * file with sendfile(), past TLS.
 */
static modret_t *set_level(cmd_rec *cmd, struct ftps_session *sess,
    bool wants_private) {
  if (session.sf_flags & SF_XFER) {
    return ftps_reply_refuse(cmd, R_503, "PROT not allowed during a transfer");
  }

  /* Whoever can write into the clear control connection must not get files in
   * clear by it.
   */
  if (!wants_private && ftps_session_is_cleared(sess)) {
    ftps_log("refused: PROT C: after CCC");
    return ftps_reply_refuse(cmd, R_534, FTPS_REPLY_UNWILLING);
  }

  if (!ftps_policy_allows_prot(cmd, sess, wants_private)) {
    return ftps_reply_refuse(cmd, R_534, FTPS_REPLY_UNWILLING);
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

  pr_response_add_err(strcmp(level, "S") == 0 || strcmp(level, "E") == 0
          ? R_536
          : R_504,
      "PROT %s unsupported", level);
  pr_cmd_set_errno(cmd, EINVAL);
  errno = EINVAL;
  return PR_ERROR(cmd);
}

modret_t *ftps_commands_pre_upload(cmd_rec *cmd) {
  const struct ftps_session *sess = ftps_session_current();

  if (is_protected(sess) && sess->prot == FTPS_PROT_PRIVATE &&
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

/* SSCN may change after PASV, so this is asked again when the connection is
 * there.
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
      return ftps_reply_refuse(cmd, R_451,
          "Protected data connections are not possible");
    }
    if (check_listening(cmd, sess, &err) < 0) {
      ftps_log("refused: %s: %s", (const char *) cmd->argv[0], err.text);
      return ftps_reply_refuse(cmd, R_503, err.text);
    }
    ftps_resume_renew_ticket(sess->control, time(NULL));
  }

  return PR_DECLINED(cmd);
}
