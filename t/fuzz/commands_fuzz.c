/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * commands_fuzz.c: AUTH, PBSZ, PROT, CCC and SSCN with any arguments in any
 * order (host/control/commands.c, ccc.c, sscn.c).  Of each command the first
 * byte chooses the name, the second what the policy says and whether a transfer
 * is going on; its words follow, each ended by a blank, to the line feed.
 *
 * Before AUTH nothing is taken.  The policy is never bypassed.  After CCC data
 * connections do not become clear, the session does not become a TLS client,
 * and there is no second handshake.  Each command has one answer.
 */
#include "host/control/commands.h"

#include <setjmp.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/settings.h"
#include "conn/ccc.h"
#include "conn/conn.h"
#include "conn/resume.h"
#include "host/control/accept.h"
#include "host/control/ccc.h"
#include "host/control/dispatch.h"
#include "host/control/policy.h"
#include "host/control/sscn.h"
#include "host/control/start.h"
#include "host/data/as_client.h"
#include "host/data/uploads.h"
#include "host/netio.h"
#include "host/reply.h"
#include "host/session.h"
#include "log/log.h"
#include "vhost/vhost.h"

#include "t/fuzz/fuzz.h"

#define WORDS_MAX    6
#define COMMANDS_MAX 64

#define POLICY_REFUSES 0x01
#define IN_TRANSFER    0x02
#define LOGGED_IN      0x04
#define NO_CONTEXT     0x08
#define PIPELINED      0x10
#define OVER_BUDGET    0x20

#define ENDS_SESSION ((flags & (PIPELINED | OVER_BUDGET)) != 0)

session_t session;
module ftps_module;
static struct ftps_settings settings;
static struct ftps_conn control_conn;
static struct ftps_session sess;
static unsigned int flags, answers, refusals;
static int ends[2] = { -1, -1 };
static jmp_buf end_of_session;

/* ProFTPD. */

modret_t *mod_create_ret(cmd_rec *cmd, unsigned char is_error, const char *code,
    const char *text) {
  static modret_t made;

  CHECK(cmd != NULL && code == NULL && text == NULL);
  made.mr_error = is_error;
  return &made;
}

void pr_response_add(const char *code, const char *fmt, ...) {
  CHECK(code != NULL && *code == '2' && fmt != NULL);
  answers++;
}

void pr_response_send(const char *code, const char *fmt, ...) {
  CHECK(code != NULL && *code == '2' && fmt != NULL);
  answers++;
}

int pr_response_block(int is_blocked) {
  (void) is_blocked;
  return 0;
}

void pr_session_disconnect(module *m, int reason, const char *details) {
  (void) m;
  (void) reason;
  (void) details;
  longjmp(end_of_session, 1);
}

/* The rest of the module, as far as the commands ask it. */

struct ftps_session *ftps_session_current(void) {
  return &sess;
}

bool ftps_session_is_cleared(const struct ftps_session *of) {
  return of->control != NULL && of->control->state == FTPS_CONN_RELEASED;
}

void ftps_session_set_prot(struct ftps_session *of, enum ftps_prot prot) {
  CHECK(of->control != NULL && (flags & IN_TRANSFER) == 0);
  CHECK(prot == FTPS_PROT_PRIVATE || !ftps_session_is_cleared(of));
  of->prot = prot;
}

bool ftps_session_may_accept(struct ftps_session *of) {
  CHECK(of->control == NULL);
  return (flags & OVER_BUDGET) == 0;
}

int ftps_session_accept(struct ftps_session *of, bool *is_text_out,
    struct ftps_error *err) {
  (void) err;
  CHECK(of->control == NULL);
  CHECK((flags & (PIPELINED | OVER_BUDGET)) == 0);
  CHECK((flags & (NO_CONTEXT | IN_TRANSFER)) == 0);
  control_conn.state = FTPS_CONN_OPEN;
  of->control = &control_conn;
  *is_text_out = false;
  return 0;
}

static enum ftps_refusal judge(enum ftps_refusal refusal) {
  return flags & POLICY_REFUSES ? refusal : FTPS_REFUSAL_NONE;
}

enum ftps_refusal ftps_policy_judge_prot(cmd_rec *cmd, bool wants_private) {
  (void) cmd;
  (void) wants_private;
  return judge(FTPS_REFUSAL_PROT_REQUIRED);
}

enum ftps_refusal ftps_policy_judge_ccc(cmd_rec *cmd) {
  (void) cmd;
  return judge(FTPS_REFUSAL_CCC_REQUIRED);
}

enum ftps_refusal ftps_policy_judge_sscn(cmd_rec *cmd) {
  (void) cmd;
  return judge(FTPS_REFUSAL_SSCN_LIMIT);
}

modret_t *ftps_reply_refuse(cmd_rec *cmd, enum ftps_refusal refusal,
    const char *detail) {
  static modret_t refused;

  (void) detail;
  CHECK(cmd != NULL && ftps_refusal_row(refusal)->code != NULL);
  refused.mr_error = 1;
  refusals++;
  answers++;
  return &refused;
}

void ftps_reply_log(enum ftps_refusal refusal, const char *detail) {
  (void) detail;
  (void) ftps_refusal_row(refusal);
}

void ftps_reply_send(enum ftps_refusal refusal, const char *detail) {
  (void) detail;
  CHECK(ftps_refusal_row(refusal)->code != NULL);
  refusals++;
  answers++;
}

void ftps_ccc_send_tickets(struct ftps_conn *control) {
  CHECK(control->state == FTPS_CONN_OPEN && (flags & POLICY_REFUSES) == 0);
}

void ftps_ccc_start(struct ftps_conn *control) {
  control->state = FTPS_CONN_RELEASED;
}

void ftps_log(const char *fmt, ...) {
  (void) fmt;
}

SSL_CTX *ftps_vhost_get0_context(const struct ftps_vhost *vhost) {
  static char anything;

  (void) vhost;
  return flags & NO_CONTEXT ? NULL : (SSL_CTX *) (void *) &anything;
}

const char *ftps_vhost_fault(const struct ftps_vhost *vhost) {
  (void) vhost;
  return "a fault";
}

int ftps_session_look_again(void) {
  return 0;
}

int ftps_netio_ensure(void) {
  return flags & NO_CONTEXT ? -1 : 0;
}

int ftps_data_check_listening(const struct ftps_session *of,
    struct ftps_error *err) {
  (void) of;
  ftps_error_refuse(err, FTPS_REFUSAL_SSCN_LISTENING, NULL);
  return flags & POLICY_REFUSES ? -1 : 0;
}

void ftps_resume_renew_ticket(struct ftps_conn *control, int64_t now) {
  CHECK(control != NULL && now > 0);
}

int ftps_uploads_protect(struct cmd_struc *cmd) {
  (void) cmd;
  CHECK(sess.control != NULL && sess.prot == FTPS_PROT_PRIVATE);
  return flags & NO_CONTEXT ? -1 : 0;
}

void ftps_uploads_end(void) {
}

/* The fuzzer's part. */

static const struct {
  const char *name;
  modret_t *(*run)(cmd_rec *cmd);
} commands[] = { { "AUTH", ftps_commands_auth }, { "PBSZ", ftps_commands_pbsz },
  { "PROT", ftps_commands_prot }, { "CCC", ftps_ccc_command },
  { "SSCN", ftps_sscn_command }, { "PASV", ftps_commands_pre_data },
  { "STOR", ftps_commands_pre_upload } };

static void set_scene(void) {
  static conn_t conn;
  static pr_netio_stream_t in;

  if (ends[0] < 0) {
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  }
  conn.rfd = conn.wfd = ends[1];
  conn.instrm = &in;
  session.c = &conn;
  session.sf_flags = flags & IN_TRANSFER ? SF_XFER : 0;
  session.user = flags & LOGGED_IN ? "user" : NULL;
  if (flags & PIPELINED) {
    CHECK(send(ends[0], "x", 1, 0) == 1);
  }
  if (ENDS_SESSION) {
    CHECK(shutdown(ends[0], SHUT_WR) == 0);
  }
}

static void check(const char *name, const modret_t *res, bool was_client) {
  bool is_taken = res != NULL && MODRET_ISHANDLED(res);

  CHECK(answers <= 1 && refusals <= answers);
  CHECK(!is_taken || answers == 1 || *name == 'P');
  if (sess.control == NULL) {
    CHECK(!is_taken && !sess.is_tls_client);
    CHECK(sess.prot == FTPS_PROT_CLEAR);
  }
  if (ftps_session_is_cleared(&sess)) {
    CHECK(!sess.is_tls_client || was_client);
    CHECK(strcmp(name, "CCC") != 0 || !sess.is_tls_client);
  }
}

static void run(size_t which, int argc, char **argv) {
  cmd_rec cmd = { .argc = argc, .argv = (void **) argv };
  bool was_client = sess.is_tls_client;
  bool was_private = sess.prot == FTPS_PROT_PRIVATE;
  modret_t *res;

  answers = refusals = 0;
  cmd.cmd_id = which == 5 ? PR_CMD_PASV_ID : 0;
  set_scene();
  res = commands[which].run(&cmd);
  check(commands[which].name, res, was_client);
  if ((flags & (POLICY_REFUSES | IN_TRANSFER)) != 0 && which > 1) {
    CHECK(was_private == (sess.prot == FTPS_PROT_PRIVATE));
  }
  if ((flags & POLICY_REFUSES) != 0) {
    CHECK(was_client == sess.is_tls_client);
  }
}

static void clear_scene(void) {
  if (ENDS_SESSION) {
    (void) close(ends[0]);
    (void) close(ends[1]);
    ends[0] = ends[1] = -1;
  }
}

/* Returns how many bytes a command has taken. */
static size_t run_line(const uint8_t *data, size_t size) {
  const uint8_t *end = memchr(data + 2, '\n', size - 2);
  size_t len = end != NULL ? (size_t) (end - data) : size;
  size_t which = data[0] % (sizeof(commands) / sizeof(commands[0]));
  char *line = malloc(len + 1), *rest = line + 2, *word;
  char *argv[WORDS_MAX + 1] = { NULL };
  char name[8];
  int argc = 1;

  CHECK(line != NULL);
  memcpy(line, data, len);
  line[len] = '\0';
  flags = data[1];
  strcpy(name, commands[which].name);
  argv[0] = name;
  while (argc < WORDS_MAX && (word = strsep(&rest, " ")) != NULL) {
    if (*word != '\0') {
      argv[argc++] = word;
    }
  }
  if (setjmp(end_of_session) == 0) {
    run(which, argc, argv);
  } else {
    /* Bytes behind AUTH or too many handshakes, and nothing else. */
    CHECK(which == 0 && ENDS_SESSION && sess.control == NULL);
  }

  clear_scene();
  free(line);
  return end != NULL ? len + 1 : size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  size_t used;

  memset(&sess, 0, sizeof(sess));
  sess.settings = &settings;
  for (int i = 0; i < COMMANDS_MAX && size > 2; i++) {
    used = run_line(data, size);
    data += used;
    size -= used;
  }

  return 0;
}
