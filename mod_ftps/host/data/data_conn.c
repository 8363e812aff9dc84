/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * data_conn.c: see data_conn.h.
 */
#include "host/data/data_conn.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compat.h"
#include "base/settings.h"
#include "conn/conn.h"
#include "conn/peer.h"
#include "conn/drain.h"
#include "host/config/settings_read.h"
#include "host/data/sendfile.h"
#include "host/data/transfer.h"
#include "host/session.h"

/* Whether the administrator has said that small packets may wait.  Before
 * 1.3.10 ProFTPD lets them wait on all data connections, and the line is all
 * there is.
 */
static bool may_delay(int fd) {
  int no_delay = 0;
  socklen_t len = sizeof(no_delay);

  if (pr_version_get_number() < FTPS_FIRST_WITH_DATA_NODELAY) {
    return ftps_settings_delay(main_server);
  }

  return getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &len) == 0 &&
      no_delay == 0;
}

static void set_no_delay(int fd, int no_delay) {
  (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof(no_delay));
}

/* ProFTPD corks data sockets, so each flight of the handshake that is smaller
 * than a segment would wait 200 ms.
 */
void ftps_data_uncork(struct ftps_session *sess, int fd) {
  sess->may_delay = may_delay(fd);
  (void) pr_inet_set_proto_cork(fd, 0);
  set_no_delay(fd, 1);
}

void ftps_data_delay(const struct ftps_session *sess, int fd) {
  if (sess->may_delay) {
    set_no_delay(fd, 0);
  }
}

/* ProFTPD would linger for the client before it sends the 425.  It ignores a
 * stream with a negative descriptor.
 */
void ftps_data_close_sockets(bool is_kept) {
  if (!is_kept) {
    (void) shutdown(session.d->wfd, SHUT_RDWR);
  }
  (void) close(session.d->rfd);
  (void) close(session.d->wfd);
  session.d->instrm->strm_fd = session.d->outstrm->strm_fd = -1;
  session.d->rfd = session.d->wfd = -1;
}

bool ftps_data_is_of_module(void) {
  return session.xfer.buf == NULL && session.d->mode != CM_LISTEN;
}

/* Uploads are decrypted here, because records are gathered; and the kernel
 * does not change keys.  The command of an early connection is not known yet.
 */
static bool may_be_in_kernel(const struct ftps_session *sess) {
  return (sess->settings->options & FTPS_OPT_KERNEL_TLS) != 0 &&
      ftps_sendfile_is_possible() && session.curr_cmd_id == PR_CMD_RETR_ID &&
      session.d->mode != CM_LISTEN && !ftps_data_is_of_module() &&
      sess->settings->rekey_data_kilobytes == 0;
}

/* An early connection prepares the library for the pause before anybody knows
 * the command.
 */
bool ftps_data_may_pause(const struct ftps_session *sess) {
  return (sess->settings->options & FTPS_OPT_DATA_WITH_HANDSHAKE) != 0 &&
      !ftps_data_is_of_module() &&
      (session.d->mode == CM_LISTEN || ftps_transfer_is_listing() ||
          (session.curr_cmd_id == PR_CMD_RETR_ID &&
              ftps_transfer_count_expected(sess->is_bare) > 0));
}

static bool is_from_client(int fd) {
  pr_netaddr_t addr;
  socklen_t len;

  pr_netaddr_clear(&addr);
  pr_netaddr_set_family(&addr, pr_netaddr_get_family(session.c->remote_addr));
  len = pr_netaddr_get_sockaddr_len(&addr);
  return getpeername(fd, pr_netaddr_get_sockaddr(&addr), &len) == 0 &&
      pr_netaddr_cmp(&addr, session.c->remote_addr) == 0;
}

/* Many clients cannot resume the session of a control connection after it has
 * gone back to clear text.
 */
static bool is_let_off_after_ccc(const struct ftps_session *sess, int fd) {
  return ftps_session_is_cleared(sess) && sess->has_key &&
      (sess->settings->options & FTPS_OPT_REUSE_AFTER_CCC) == 0 &&
      is_from_client(fd);
}

/* TLSSessionReuse.  What the certificate is, is checked after the handshake
 * (ftps_conn_is_bound()).
 */
static bool is_let_off(const struct ftps_session *sess, int fd) {
  unsigned long options = sess->settings->options;

  return (options & FTPS_OPT_NO_SESSION_REUSE) != 0 ||
      ((options & FTPS_OPT_REUSE_OR_LOG) != 0 && is_from_client(fd)) ||
      ((options & FTPS_OPT_REUSE_OR_CERTIFICATE) != 0 &&
          ftps_peer_get0_verified(sess->control) != NULL);
}

/* How many refused handshakes are finished: a stock, and new ones per second,
 * so that nobody can make the server sign all day.  It is less than the signer
 * allows (keys/signer/signer.c).
 */
#define REFUSALS            6
#define REFUSALS_PER_SECOND 1

/* How much of a refused upload is read and dropped, so that its client reads
 * the reply.  It costs less than the same upload would if it were accepted.
 */
#define REFUSED_UPLOAD_MAX (64UL * 1024 * 1024)

/* A refused handshake that is finished ends in close_notify.  Another server
 * that stores what we send (a transfer between two servers) takes that for an
 * empty file, and empties its own.  So a download, or an early connection,
 * which may become one, is refused by an alert unless it comes from the address
 * of the FTP client.
 */
static bool may_end_empty(int fd) {
  return ftps_transfer_is_listing() || ftps_transfer_is_upload() ||
      is_from_client(fd);
}

static bool may_finish_refused(struct ftps_session *sess, int fd) {
  uint64_t now = ftps_clock_ms();
  uint64_t back = (now - sess->refused_at) * REFUSALS_PER_SECOND / 1000;

  if (back > 0) {
    sess->refused = back >= sess->refused ? 0 : sess->refused - (unsigned) back;
    sess->refused_at = now;
  }

  return may_end_empty(fd) && sess->refused < REFUSALS;
}

void ftps_data_count_refused(struct ftps_session *sess,
    const struct ftps_conn *conn) {
  if (!conn->tag.refused_full || !conn->tag.may_finish_full) {
    return;
  }

  if (sess->refused == 0) {
    sess->refused_at = ftps_clock_ms();
  }
  sess->refused++;
}

/* Many clients read the reply only after they have sent the whole file.  A
 * reset before that would hide it from them.  A stranger needs no reply.
 */
size_t ftps_data_count_dropped(int fd) {
  return ftps_transfer_is_upload() && is_from_client(fd) ? REFUSED_UPLOAD_MAX
                                                         : FTPS_DRAIN_MAX;
}

struct ftps_conn *ftps_data_new_conn(struct ftps_session *sess, int fd,
    const struct ftps_conn_peer *peer, struct ftps_error *err) {
  struct ftps_conn_props props = { .kind = FTPS_KIND_DATA,
    .fd = fd,
    .vhost = sess->control->vhost,
    .token = sess->token,
    .control = sess->control,
    .may_not_resume = is_let_off(sess, fd) || is_let_off_after_ccc(sess, fd),
    .may_finish_full = may_finish_refused(sess, fd),
    .may_be_in_kernel = may_be_in_kernel(sess),
    .is_watched = ftps_data_is_of_module(),
    .peer = peer };

  props.may_pause =
      peer == NULL && !props.may_be_in_kernel && ftps_data_may_pause(sess);

  return ftps_conn_new(&props, err);
}
