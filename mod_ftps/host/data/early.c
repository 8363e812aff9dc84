/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * early.c: see early.h.
 */
#include "host/data/early.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compat.h"
#include "base/fds.h"
#include "base/settings.h"
#include "conn/close.h"
#include "conn/conn.h"
#include "conn/handshake.h"
#include "conn/resume.h"
#include "host/data/data_conn.h"
#include "host/data/linger.h"
#include "host/session.h"
#include "log/log.h"

#define RULE "AllowForeignAddress"

/* A firewall may drop the packets of the loopback interface. */
#define LOOPBACK_MS 200

/* Nearly all clients send the command as soon as they are connected.  One that
 * has not sent it by then waits for the handshake: for ever (Go's jlaffaye/ftp,
 * aioftp), or until its own timer is over (curl 7.87 to 8.6, 200 ms).
 */
#define PATIENCE_MS 50

struct ftps_early {
  struct ftps_conn *conn; /* NULL: none */
  int fd;                 /* of `conn`, owned by this */
  int listener;           /* the private one, until it is offered; or -1 */
  bool is_of_client;      /* it comes from the address of the client */
  struct ftps_error err;  /* why its handshake failed, or empty */
  bool is_offered;        /* the private listener is in place */
  bool is_hindered;       /* none can be accepted early; until the next wait */
  bool is_impossible;     /* there is no loopback; for ever */
  uint64_t since;         /* somebody is connected and not accepted, ms; or 0 */
  config_rec *foreign;    /* AllowForeignAddress, changed for one accept() */
  int foreign_value;      /* its earlier value */
  xaset_t **foreign_set;  /* the section that it is in */
  bool is_rule_ours;      /* there was none: it is removed again */
  bool owes_ticket;       /* a dropped connection had used one of ours */
  unsigned int rejected;  /* by the rule, since the client requested the port */
  unsigned int dropped;   /* connections of others, whose handshake failed */
};

struct ftps_early *ftps_early_new(pool *p) {
  struct ftps_early *early = pcalloc(p, sizeof(*early));

  early->listener = -1;
  return early;
}

/* True if ProFTPD has a listener to which a client may connect at any time. */
static bool is_listening(const struct ftps_session *sess) {
  return (sess->settings->options & FTPS_OPT_NO_EARLY_DATA_HANDSHAKE) == 0 &&
      sess->control != NULL && sess->prot == FTPS_PROT_PRIVATE &&
      !sess->is_tls_client && session.d != NULL &&
      session.d->mode == CM_LISTEN && (session.sf_flags & SF_PASSIVE) != 0 &&
      (session.sf_flags & SF_XFER) == 0;
}

/* The rules of ProFTPD's own accept. */
static bool is_allowed(const pr_netaddr_t *addr) {
  const config_rec *c = find_config(TOPLEVEL_CONF, CONF_PARAM, RULE, FALSE);
  const pr_class_t *class;
  int allowed;

  if (pr_netaddr_cmp(addr, session.c->remote_addr) == 0) {
    return true;
  }

  if (c == NULL) {
    return pr_version_get_number() < FTPS_FIRST_TO_REFUSE_FOREIGN;
  }

  allowed = *((int *) c->argv[0]);
  if (allowed == TRUE || allowed == FALSE) {
    return allowed == TRUE;
  }

  class = pr_class_find(c->argv[1]);
  return class == NULL || pr_class_satisfied(session.pool, class, addr) == TRUE;
}

/* Anybody can connect as often as he likes, so only the first one has a line,
 * and the others are counted.
 */
static void note_rejected(struct ftps_early *early, const pr_netaddr_t *addr) {
  if (early->rejected++ == 0) {
    ftps_log_admin(PR_LOG_NOTICE,
        "passive data connection from foreign address %s rejected "
        "(AllowForeignAddress)",
        pr_netaddr_get_ipstr(addr));
  }
}

static void note_dropped(struct ftps_early *early) {
  if (early->dropped++ == 0) {
    ftps_log("early data connection from a foreign address dropped: %s",
        early->err.text);
  }
}

static void log_counts(struct ftps_early *early) {
  if (early->rejected > 1) {
    ftps_log_admin(PR_LOG_NOTICE,
        "%u more passive data connections from foreign addresses rejected "
        "(AllowForeignAddress)",
        early->rejected - 1);
  }
  if (early->dropped > 1) {
    ftps_log("%u more early data connections from foreign addresses dropped",
        early->dropped - 1);
  }

  early->rejected = early->dropped = 0;
}

/* The address is known only here: after a reset the socket has none. */
static int accept_allowed(struct ftps_early *early) {
  pr_netaddr_t addr;
  socklen_t len;
  int fd;

  pr_netaddr_clear(&addr);
  pr_netaddr_set_family(&addr, pr_netaddr_get_family(session.c->remote_addr));
  len = pr_netaddr_get_sockaddr_len(&addr);
  fd = accept4(session.d->listen_fd, pr_netaddr_get_sockaddr(&addr), &len,
      SOCK_NONBLOCK | SOCK_CLOEXEC);
  early->is_hindered = fd < 0;
  if (fd >= 0 && !is_allowed(&addr)) {
    note_rejected(early, &addr);
    (void) close(fd);
    return -1;
  }

  early->is_of_client = pr_netaddr_cmp(&addr, session.c->remote_addr) == 0;
  return ftps_fds_leave_standard(fd);
}

union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

/* Any port of the loopback interface, of the family of the client's address:
 * ProFTPD reads the accepted address in this family.
 */
static socklen_t set_loopback(union address *addr) {
  memset(addr, 0, sizeof(*addr));
  if (pr_netaddr_get_family(session.c->remote_addr) == AF_INET) {
    addr->v4.sin_family = AF_INET;
    addr->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sizeof(addr->v4);
  }

  addr->v6.sin6_family = AF_INET6;
  addr->v6.sin6_addr = in6addr_loopback;
  return sizeof(addr->v6);
}

static bool connect_to(int fd, const union address *addr, socklen_t len) {
  struct pollfd pfd = { .fd = fd, .events = POLLOUT };
  int error = ETIMEDOUT;

  if (connect(fd, &addr->any, len) == 0) {
    return true;
  }
  if (errno != EINPROGRESS) {
    return false;
  }

  len = sizeof(error);
  if (poll(&pfd, 1, LOOPBACK_MS) > 0) {
    (void) getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
  }
  errno = error;
  return error == 0;
}

/* Makes a listener with one waiting connection, which will replace ProFTPD's.
 * Returns its descriptor, or -1 with errno set.
 */
static int make_private(void) {
  union address addr;
  socklen_t len = set_loopback(&addr);
  int listener = socket(addr.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int own =
      socket(addr.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  bool is_made = listener >= 0 && own >= 0 &&
      bind(listener, &addr.any, len) == 0 && listen(listener, 1) == 0 &&
      getsockname(listener, &addr.any, &len) == 0 &&
      connect_to(own, &addr, len);
  int xerrno = errno;

  if (own >= 0) {
    (void) close(own);
  }
  if (listener >= 0 && !is_made) {
    (void) close(listener);
  }
  errno = xerrno;
  return is_made ? ftps_fds_leave_standard(listener) : -1;
}

/* Without a private listener the connection could not be offered to ProFTPD, so
 * it is left to ProFTPD.
 */
static void note_hindrance(struct ftps_early *early) {
  bool may_pass =
      errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS;

  early->is_hindered = true;
  if (!may_pass) {
    early->is_impossible = true;
    ftps_log("EarlyDataHandshake: no connection on the loopback interface: %s; "
             "data connections are accepted after their commands",
        strerror(errno));
  }
}

static void accept_early(struct ftps_session *sess) {
  struct ftps_early *early = sess->early;

  if (early->listener < 0) {
    early->listener = make_private();
  }
  if (early->listener < 0) {
    note_hindrance(early);
    return;
  }

  early->fd = accept_allowed(early);
  if (early->fd < 0) {
    return;
  }

  ftps_error_clear(&early->err);
  ftps_data_uncork(sess, early->fd);
  early->conn = ftps_data_new_conn(sess, early->fd, NULL, &early->err);
  if (early->conn == NULL) {
    (void) close(early->fd);
  }
}

/* The client may have used its only ticket for a ClientHello that nobody has
 * read yet.
 */
static bool has_used_ticket(struct ftps_early *early) {
  if (early->is_of_client && early->conn->state == FTPS_CONN_NEW) {
    (void) ftps_handshake_try(early->conn, &early->err);
  }

  return SSL_session_reused(early->conn->ssl) == 1;
}

static void drop(struct ftps_session *sess) {
  struct ftps_early *early = sess->early;

  if (early->conn == NULL) {
    return;
  }

  early->owes_ticket = early->owes_ticket || has_used_ticket(early);
  ftps_data_count_refused(sess, early->conn);
  ftps_conn_close(early->conn, false);
  ftps_conn_free(early->conn);
  (void) close(early->fd);
  early->conn = NULL;
  early->is_offered = false;
}

void ftps_early_drop(struct ftps_session *sess) {
  drop(sess);
  ftps_fds_close(&sess->early->listener);
  log_counts(sess->early);
  sess->early->since = 0;
}

/* If the client's handshake failed, the next transfer command gets the 425.  If
 * a stranger's failed, it is dropped and we keep listening.
 */
static void advance(struct ftps_session *sess) {
  struct ftps_early *early = sess->early;

  if (early->conn == NULL) {
    accept_early(sess);
    return;
  }

  if (ftps_handshake_try(early->conn, &early->err) < 0 &&
      !early->is_of_client) {
    note_dropped(early);
    drop(sess);
  }
}

static bool is_at_once(const struct ftps_session *sess) {
  return (sess->settings->options & FTPS_OPT_EARLY_DATA_HANDSHAKE) != 0;
}

/* How long the command is waited for, in ms, before whoever is connected is
 * accepted.
 */
static int patience_left(const struct ftps_session *sess, uint64_t now) {
  const struct ftps_early *early = sess->early;

  return is_at_once(sess) || now >= early->since + PATIENCE_MS
      ? 0
      : (int) (early->since + PATIENCE_MS - now);
}

/* Without EarlyDataHandshake a connection from another address (of a server, in
 * a transfer between two, or of a stranger) waits for the command.  If it is
 * refused then, the command gets the 425 and waits for no other connection.
 */
static bool may_begin(const struct ftps_session *sess) {
  return sess->early->is_of_client || is_at_once(sess);
}

/* The descriptor to wait for, in addition to the next command; -1: none.  The
 * listener is readable as long as somebody is there who is not accepted.
 */
static int find_socket(const struct ftps_session *sess, int patience) {
  const struct ftps_early *early = sess->early;

  if (!is_listening(sess)) {
    return -1;
  }
  if (early->conn == NULL) {
    return early->is_hindered || early->is_impossible || patience > 0
        ? -1
        : session.d->listen_fd;
  }

  return may_begin(sess) &&
          (early->conn->state == FTPS_CONN_NEW ||
              early->conn->state == FTPS_CONN_HALF)
      ? early->fd
      : -1;
}

/* A connection is accepted PATIENCE_MS after it was first seen, not at once,
 * unless EarlyDataHandshake is on.
 */
static void serve(struct ftps_session *sess, uint64_t now) {
  struct ftps_early *early = sess->early;

  if (early->since == 0) {
    early->since = now;
  }
  if (early->conn != NULL || patience_left(sess, now) == 0) {
    advance(sess);
  }
}

/* One wait, until `deadline` at most.  True if it is over, with poll()'s result
 * for `fd` in `*res_out`.
 */
static bool wait_once(struct ftps_session *sess, int fd, uint64_t now,
    uint64_t deadline, int *res_out) {
  struct pollfd pfds[2 + FTPS_LINGER_MAX] = { { .fd = fd, .events = POLLIN },
    { .events = POLLIN } };
  nfds_t count = 2 + ftps_linger_list(sess->linger, pfds + 2);
  int patience = patience_left(sess, now);
  int rest = (int) (deadline - now);
  int limit = ftps_linger_limit(sess->linger,
      patience > 0 && patience < rest ? patience : rest);
  int res;

  pfds[1].fd = find_socket(sess, patience);
  res = poll(pfds, count, limit);
  if (res == 0 && (ftps_linger_end_now(sess->linger) || limit < rest)) {
    return false;
  }
  if (res <= 0 || pfds[0].revents != 0) {
    *res_out = res < 0 ? -1 : res > 0;
    return true;
  }

  ftps_linger_drain(sess->linger, pfds + 2);
  if (pfds[1].revents != 0) {
    serve(sess, ftps_clock_ms());
  }
  return false;
}

int ftps_early_wait(struct ftps_session *sess, int fd, int timeout) {
  uint64_t deadline = ftps_clock_ms() + (uint64_t) timeout;
  uint64_t now = 0;
  int res = 0;

  /* A transfer command that failed has closed ProFTPD's listener. */
  if (!is_listening(sess)) {
    ftps_early_drop(sess);
  }

  sess->early->is_hindered = false;
  while ((now = ftps_clock_ms()) <= deadline) {
    if (wait_once(sess, fd, now, deadline, &res)) {
      return res;
    }
  }

  return 0;
}

static bool is_private_allowed(void) {
  union address addr;
  pr_netaddr_t private;

  (void) set_loopback(&addr);
  pr_netaddr_clear(&private);
  pr_netaddr_set_family(&private, addr.any.sa_family);
  pr_netaddr_set_sockaddr(&private, &addr.any);
  return is_allowed(&private);
}

/* ProFTPD compares the address of the connection that it accepts; that of the
 * early connection was compared already.
 */
static void allow_private(struct ftps_early *early) {
  config_rec *c;

  if (early->foreign != NULL || is_private_allowed()) {
    return;
  }

  early->foreign_set = session.anon_config != NULL
      ? &session.anon_config->subset
      : &main_server->conf;
  c = find_config(*early->foreign_set, CONF_PARAM, RULE, FALSE);
  early->is_rule_ours = c == NULL;
  if (c == NULL) {
    c = add_config_param_set(early->foreign_set, RULE, 1, NULL);
    c->argv[0] = pcalloc(c->pool, sizeof(int));
  }

  early->foreign = c;
  early->foreign_value = *((int *) c->argv[0]);
  *((int *) c->argv[0]) = TRUE;
}

static void forbid_private(struct ftps_early *early) {
  if (early->foreign == NULL) {
    return;
  }

  *((int *) early->foreign->argv[0]) = early->foreign_value;
  early->foreign = NULL;
  if (early->is_rule_ours) {
    (void) remove_config(*early->foreign_set, RULE, FALSE);
  }
}

static void offer(struct ftps_session *sess) {
  struct ftps_early *early = sess->early;

  if (!is_listening(sess)) {
    ftps_early_drop(sess);
    return;
  }

  if (!early->is_offered &&
      dup3(early->listener, session.d->listen_fd, O_CLOEXEC) < 0) {
    ftps_log("early data connection dropped: %s", strerror(errno));
    ftps_early_drop(sess);
    (void) shutdown(session.d->listen_fd, SHUT_RDWR);
    return;
  }

  ftps_fds_close(&early->listener);

  early->is_offered = true;
  allow_private(early);
}

/* Once per command, for any number of dropped connections. */
static void pay_ticket(struct ftps_session *sess) {
  if (sess->early->owes_ticket && sess->control != NULL) {
    ftps_resume_send_ticket(sess->control, time(NULL));
  }

  sess->early->owes_ticket = false;
}

modret_t *ftps_early_pre_any(cmd_rec *cmd) {
  struct ftps_session *sess = ftps_session_current();

  if (sess == NULL) {
    return PR_DECLINED(cmd);
  }

  switch (cmd->cmd_id) {
    case PR_CMD_APPE_ID:
    case PR_CMD_LIST_ID:
    case PR_CMD_MLSD_ID:
    case PR_CMD_NLST_ID:
    case PR_CMD_RETR_ID:
    case PR_CMD_STOR_ID:
    case PR_CMD_STOU_ID:
      if (sess->early->conn != NULL) {
        offer(sess);
      }
      log_counts(sess->early);
      break;

    case PR_CMD_ABOR_ID:
    case PR_CMD_CCC_ID:
    case PR_CMD_EPRT_ID:
    case PR_CMD_EPSV_ID:
    case PR_CMD_PASV_ID:
    case PR_CMD_PORT_ID:
    case PR_CMD_PROT_ID:
    case PR_CMD_QUIT_ID:
    case PR_CMD_REIN_ID:
      ftps_early_drop(sess);
      break;

    default:
      break;
  }

  pay_ticket(sess);
  return PR_DECLINED(cmd);
}

modret_t *ftps_early_log_any(cmd_rec *cmd) {
  struct ftps_session *sess = ftps_session_current();

  (void) cmd;
  if (sess != NULL) {
    forbid_private(sess->early);
  }
  return PR_DECLINED(cmd);
}

struct ftps_conn *ftps_early_take(struct ftps_session *sess,
    struct ftps_error *err) {
  struct ftps_early *early = sess->early;
  struct ftps_conn *conn = early->conn;

  forbid_private(early);
  if (conn == NULL || !early->is_offered) {
    return NULL;
  }

  early->conn = NULL;
  early->is_offered = false;
  if (dup2(early->fd, session.d->rfd) < 0 ||
      dup2(early->fd, session.d->wfd) < 0) {
    ftps_error_set_errno(err, errno, "taking the early data connection over");
  }

  (void) close(early->fd);
  ftps_conn_set_fd(conn, session.d->wfd);
  (void) pr_inet_get_conn_info(session.d, session.d->wfd);
  (void) pr_inet_set_nonblock(session.pool, session.d);
  if (early->err.text[0] != '\0') {
    ftps_error_take(err, &early->err);
  }
  return conn;
}
