/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * netio.c: see netio.h.
 *
 * strm_data of a stream is NULL before it is decided how it is protected, the
 * netio object for data if it is not protected, and a connection otherwise.  A
 * pointer to a connection that the session does not own any more is an error,
 * and never a reason to go on in clear.  If CCC has brought the control
 * connection back to clear text, this is a state of the connection.
 *
 * DIAGNOSTICS: failures on a data connection become errno (EPIPE, ECONNRESET,
 * ECONNABORTED, EPROTO), which ProFTPD turns into 425, 426 or 451; the control
 * session goes on.
 */
#include "host/netio.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/settings.h"
#include "conn/ccc.h"
#include "conn/close.h"
#include "conn/conn.h"
#include "conn/drain.h"
#include "conn/io.h"
#include "conn/resume.h"
#include "conn/wait.h"
#include "host/data/buffers.h"
#include "host/data/clear.h"
#include "host/data/data.h"
#include "host/data/data_conn.h"
#include "host/data/early.h"
#include "host/data/ending.h"
#include "host/data/linger.h"
#include "host/data/sendfile.h"
#include "host/names.h"
#include "host/session.h"
#include "log/log.h"

#define POLL_MS      60000
#define BUSY_POLL_MS 500

extern module ftps_module;

enum protection {
  PROTECTION_UNDECIDED,
  PROTECTION_NONE,
  PROTECTION_TLS,
  PROTECTION_RELEASED,
  PROTECTION_LOST
};

static enum protection find_conn(const pr_netio_stream_t *nstrm,
    struct ftps_conn **conn_out) {
  const struct ftps_session *sess = ftps_session_current();

  *conn_out = nstrm->strm_data;
  if (nstrm->strm_data == NULL) {
    return nstrm->strm_type == PR_NETIO_STRM_DATA ? PROTECTION_UNDECIDED
                                                  : PROTECTION_NONE;
  }

  if (nstrm->strm_data == ftps_process()->data_netio) {
    return PROTECTION_NONE;
  }

  if (sess != NULL &&
      (nstrm->strm_data == sess->control || nstrm->strm_data == sess->data)) {
    return (*conn_out)->state == FTPS_CONN_RELEASED ? PROTECTION_RELEASED
                                                    : PROTECTION_TLS;
  }

  return PROTECTION_LOST;
}

/* ProFTPD counts the bytes that it reads and writes; this adds those of
 * records, handshakes and tickets.
 */
static void count_overhead(struct ftps_conn *conn) {
  int64_t in, out;

  ftps_conn_take_overhead(conn, &in, &out);
  session.total_raw_in += in;
  session.total_raw_out += out;
}

/* Telnet's IP and Synch may precede it. */
static bool is_abort(const char *line, int len) {
  while (len > 0 && (*line & 0x80) != 0) {
    line++;
    len--;
  }

  return len >= 5 && strncasecmp(line, "ABOR\r", 5) == 0;
}

/* While a transfer is stuck, nobody reads the control connection.  Checks
 * whether the next command there is to end the transfer.  False: a read would
 * wait for a command.
 */
static bool look_for_command(void) {
  const struct ftps_session *sess = ftps_session_current();
  char line[16] = "";
  int len;

  if (sess == NULL || sess->control == NULL) {
    return true;
  }

  len = ftps_io_peek(sess->control, line, sizeof(line));
  if (is_abort(line, len)) {
    session.sf_flags |= SF_ABORT;
  }
  return len >= 0;
}

static bool is_aborted(void) {
  if (!(session.sf_flags & SF_ABORT)) {
    (void) look_for_command();
  }

  return (session.sf_flags & SF_ABORT) != 0;
}

void ftps_netio_handle_signals(void) {
  errno = 0;
  pr_signals_handle();
  errno = 0;
}

/* Another module that transfers the data reads ABOR itself, and does not clear
 * the flag.
 */
bool ftps_netio_interrupted(const struct ftps_conn *conn) {
  ftps_netio_handle_signals();
  return conn->tag.kind == FTPS_KIND_DATA && !conn->is_watched && is_aborted();
}

static void abort_stream(pr_netio_stream_t *nstrm) {
  nstrm->strm_flags |= PR_NETIO_SESS_ABORT;
}

static pr_netio_stream_t *open_stream(pr_netio_stream_t *nstrm, int fd,
    int mode) {
  (void) mode;
  nstrm->strm_fd = fd;
  return nstrm;
}

static pr_netio_stream_t *reopen_stream(pr_netio_stream_t *nstrm, int fd,
    int mode) {
  if (nstrm->strm_fd != -1) {
    (void) close(nstrm->strm_fd);
  }

  nstrm->strm_fd = fd;
  nstrm->strm_mode = mode;
  return nstrm;
}

/* A session may end in a timer or a signal handler; nothing would end the wait
 * there.
 */
static bool may_wait_to_close(void) {
  return (session.sf_flags & SF_ABORT) == 0 &&
      session.disconnect_reason == PR_SESS_DISCONNECT_UNSPECIFIED;
}

/* Either stream may be first.  Only ProFTPD has called for the shutdown. */
static void end_data(struct ftps_conn *conn) {
  struct ftps_session *sess = ftps_session_current();

  if (sess != NULL && conn == sess->data) {
    bool is_open = conn->state == FTPS_CONN_OPEN;

    ftps_sendfile_forbid(sess);
    ftps_data_end(conn, may_wait_to_close());
    if (is_open) {
      (void) ftps_linger_keep(sess, conn, FTPS_DRAIN_MAX);
    }
    if (ftps_conn_is_in_kernel(conn) &&
        session.xfer.direction == PR_NETIO_IO_WR) {
      ftps_conn_count_around(conn, (uint64_t) session.xfer.total_bytes);
    }
    count_overhead(conn);
    ftps_buffers_end(sess);
    ftps_conn_free(conn);
    sess->data = NULL;
  }
}

static int close_stream(pr_netio_stream_t *nstrm) {
  struct ftps_conn *conn;
  int res;

  if (find_conn(nstrm, &conn) == PROTECTION_TLS) {
    if (nstrm->strm_type == PR_NETIO_STRM_DATA) {
      end_data(conn);
    } else {
      /* ProFTPD closes before it tells modules that the session ends. */
      ftps_conn_close(conn, false);
    }
  }

  if (nstrm->strm_fd < 0) {
    errno = EBADF;
    return -1;
  }

  res = close(nstrm->strm_fd);
  nstrm->strm_fd = -1;
  return res;
}

/* Waits as long as ProFTPD's own poll callback: its caller handles signals and
 * timers between two calls.  A transfer that makes no progress ends on ABOR.
 * Other commands wait, and must not make this loop spin.
 */
static int wait_ready(const pr_netio_stream_t *nstrm) {
  bool is_transfer = nstrm->strm_type == PR_NETIO_STRM_DATA &&
      (session.sf_flags & SF_XFER) && session.c != NULL;
  struct pollfd pfds[2] = { { .fd = nstrm->strm_fd },
    { .fd = is_transfer ? session.c->rfd : -1, .events = POLLIN } };
  int timeout = nstrm->strm_flags & PR_NETIO_SESS_INTR
      ? (int) nstrm->strm_interval * 1000
      : POLL_MS;
  struct ftps_session *sess = ftps_session_current();
  int res;

  if (nstrm->strm_type == PR_NETIO_STRM_CTRL && sess != NULL &&
      nstrm->strm_mode == PR_NETIO_IO_RD) {
    return ftps_early_wait(sess, nstrm->strm_fd, timeout);
  }

  pfds[0].events = nstrm->strm_mode == PR_NETIO_IO_RD ? POLLIN : POLLOUT;
  res = poll(pfds, 2, timeout);
  if (res > 0 && pfds[0].revents == 0 && !is_aborted()) {
    res = poll(pfds, 1, BUSY_POLL_MS);
  }

  return res;
}

static bool is_pending(const pr_netio_stream_t *nstrm) {
  struct ftps_conn *conn;
  enum protection protection = find_conn(nstrm, &conn);

  return (protection == PROTECTION_TLS || protection == PROTECTION_RELEASED) &&
      ftps_io_is_pending(conn);
}

/* No command can be read any more.  The client may wait for a reply that could
 * not be sent, so the session has to end now, and not when it has been idle for
 * long enough.
 */
static bool is_dead(const pr_netio_stream_t *nstrm) {
  struct ftps_conn *conn;

  return find_conn(nstrm, &conn) == PROTECTION_TLS &&
      (conn->state == FTPS_CONN_DEAD || ftps_io_has_ended(conn));
}

/* A TLS connection waits by itself, and bytes may be in the library already.
 * Reads of the control connection are different: while a transfer runs, ProFTPD
 * checks whether there is a command.
 */
static bool needs_no_wait(const pr_netio_stream_t *nstrm) {
  struct ftps_conn *conn;

  if (nstrm->strm_type == PR_NETIO_STRM_CTRL &&
      nstrm->strm_mode == PR_NETIO_IO_RD) {
    return is_pending(nstrm) || is_dead(nstrm);
  }

  return find_conn(nstrm, &conn) == PROTECTION_TLS;
}

/* ProFTPD looks for ABOR by itself before it reads a command in the middle of a
 * transfer, and sees only TLS records.  A record without a command, such as a
 * KeyUpdate, must not make it wait for the next one.
 */
static bool is_command_in_transfer(const pr_netio_stream_t *nstrm) {
  return nstrm->strm_type == PR_NETIO_STRM_CTRL &&
      nstrm->strm_mode == PR_NETIO_IO_RD && (session.sf_flags & SF_XFER);
}

/* ProFTPD polls before every write except those made by timers and signal
 * handlers.  Those must not wait for a client that reads nothing, because no
 * other timer runs meanwhile.
 */
static void note_poll(const pr_netio_stream_t *nstrm) {
  struct ftps_conn *conn;

  if (nstrm->strm_type == PR_NETIO_STRM_CTRL &&
      nstrm->strm_mode == PR_NETIO_IO_WR &&
      find_conn(nstrm, &conn) == PROTECTION_TLS) {
    ftps_session_current()->has_polled = true;
  }
}

static enum ftps_io write_patiently(const pr_netio_stream_t *nstrm,
    struct ftps_conn *conn, const char *buf, size_t len,
    struct ftps_error *err) {
  struct ftps_session *sess = ftps_session_current();
  bool may_wait = sess->has_polled || nstrm->strm_type == PR_NETIO_STRM_DATA;

  sess->has_polled = false;
  return may_wait ? ftps_io_write(conn, buf, len, err)
                  : ftps_io_write_urgent(conn, buf, len, err);
}

static int poll_stream(pr_netio_stream_t *nstrm) {
  int res = needs_no_wait(nstrm) ? 1 : wait_ready(nstrm);

  note_poll(nstrm);

  if (res > 0 && is_command_in_transfer(nstrm)) {
    return look_for_command() ? res : 0;
  }

  if (nstrm->strm_type == PR_NETIO_STRM_DATA && (session.sf_flags & SF_ABORT)) {
    abort_stream(nstrm);
    errno = ECONNABORTED;
    return 0;
  }

  return res;
}

static int errno_of(enum ftps_io result) {
  switch (result) {
    case FTPS_IO_RESET:
      return ECONNRESET;

    case FTPS_IO_INTERRUPTED:
    case FTPS_IO_TRUNCATED:
    case FTPS_IO_UNFINISHED:
    case FTPS_IO_CUT:
      return ECONNABORTED;

    default:
      return EPROTO;
  }
}

static int fail_stream(pr_netio_stream_t *nstrm, enum ftps_io result,
    const struct ftps_error *err) {
  if (result == FTPS_IO_FAILED) {
    ftps_log("%s connection: %s",
        nstrm->strm_type == PR_NETIO_STRM_DATA ? "data" : "control", err->text);
  }

  errno = errno_of(result);
  return -1;
}

static int read_tls(pr_netio_stream_t *nstrm, struct ftps_conn *conn, char *buf,
    size_t size) {
  enum ftps_io result;
  struct ftps_error err;
  size_t len = 0;

  ftps_error_clear(&err);
  result = ftps_io_read(conn, buf, ftps_buffers_limit(size), &len, &err);
  if (result == FTPS_IO_OK) {
    ftps_conn_count_plain(conn, len, 0);
    errno = 0;
    return (int) len;
  }

  if (result == FTPS_IO_EOF || result == FTPS_IO_TRUNCATED ||
      result == FTPS_IO_CUT) {
    result = nstrm->strm_type == PR_NETIO_STRM_DATA
        ? ftps_data_judge_end(ftps_session_current(), result)
        : FTPS_IO_EOF;
  }

  if (result == FTPS_IO_EOF) {
    errno = 0;
    return 0;
  }

  return fail_stream(nstrm, result, &err);
}

static int read_plain(pr_netio_stream_t *nstrm, char *buf, size_t size) {
  return (int) read(nstrm->strm_fd, buf, size);
}

/* After CCC: the client's close_notify, and the bytes that it may have sent
 * under TLS before that, end at the first byte in clear at the latest.
 */
static int read_released(pr_netio_stream_t *nstrm, struct ftps_conn *conn,
    char *buf, size_t size) {
  while (ftps_ccc_is_record_next(conn)) {
    int len = read_tls(nstrm, conn, buf, size);

    count_overhead(conn);
    if (len != 0 || !conn->peer_closed) {
      return len;
    }
    (void) ftps_conn_wait(conn, POLLIN, 0);
  }

  return read_plain(nstrm, buf, size);
}

static int read_once(pr_netio_stream_t *nstrm, char *buf, size_t size) {
  struct ftps_conn *conn;

  switch (find_conn(nstrm, &conn)) {
    case PROTECTION_TLS:
      return read_tls(nstrm, conn, buf, size);

    case PROTECTION_RELEASED:
      return read_released(nstrm, conn, buf, size);

    case PROTECTION_NONE:
      return read_plain(nstrm, buf, size);

    default:
      errno = EPIPE;
      return -1;
  }
}

/* ProFTPD loses a CRLF that is split between two reads, with its command.  So
 * on the control connection a CR at the end waits for its LF.
 */
static int read_stream(pr_netio_stream_t *nstrm, char *buf, size_t size) {
  int len = read_once(nstrm, buf, size);

  while (nstrm->strm_type == PR_NETIO_STRM_CTRL && len > 0 &&
      (size_t) len < size && buf[len - 1] == '\r') {
    int more = read_once(nstrm, buf + len, size - (size_t) len);

    if (more < 0 && (errno == EINTR || errno == EAGAIN)) {
      pr_signals_handle();
      continue;
    }
    if (more <= 0) {
      break;
    }
    len += more;
  }

  return len;
}

static int write_tls(pr_netio_stream_t *nstrm, struct ftps_conn *conn,
    const char *buf, size_t len) {
  enum ftps_io result;
  struct ftps_error err;

  ftps_error_clear(&err);
  result = write_patiently(nstrm, conn, buf, len, &err);
  if (result == FTPS_IO_UNFINISHED) {
    ftps_data_tell_unfinished(ftps_session_current(), conn, &err);
  }
  if (result != FTPS_IO_OK) {
    return fail_stream(nstrm, result, &err);
  }

  ftps_conn_count_plain(conn, 0, len);
  if (nstrm->strm_type == PR_NETIO_STRM_CTRL) {
    count_overhead(conn);
  }

  errno = 0;
  return (int) len;
}

static int write_stream(pr_netio_stream_t *nstrm, char *buf, size_t len) {
  struct ftps_conn *conn;

  switch (find_conn(nstrm, &conn)) {
    case PROTECTION_TLS:
      return write_tls(nstrm, conn, buf, len);

    case PROTECTION_RELEASED:
    case PROTECTION_NONE:
      return (int) write(nstrm->strm_fd, buf, len);

    default:
      errno = EPIPE;
      return -1;
  }
}

/* True if the bytes that ProFTPD writes on data streams reach us unchanged.
 * mod_deflate and others put themselves between.
 */
static bool is_bare(void) {
  const pr_netio_t *data_netio = ftps_process()->data_netio;

  return pr_get_netio(PR_NETIO_STRM_DATA) == data_netio &&
      data_netio->write == write_stream;
}

/* ProFTPD opens the read stream first, then the write stream; the handshake is
 * for both.
 */
static int postopen_stream(pr_netio_stream_t *nstrm) {
  struct ftps_session *sess = ftps_session_current();

  if (nstrm->strm_type != PR_NETIO_STRM_DATA ||
      nstrm->strm_mode != PR_NETIO_IO_WR) {
    return 0;
  }

  if (sess != NULL) {
    ftps_error_clear(&sess->unfinished);
  }
  if (sess == NULL || sess->prot == FTPS_PROT_CLEAR) {
    if (sess != NULL && ftps_clear_accept(sess) < 0) {
      return -1;
    }
    session.d->instrm->strm_data = ftps_process()->data_netio;
    session.d->outstrm->strm_data = ftps_process()->data_netio;
    return 0;
  }

  sess->is_bare = is_bare();
  if (ftps_data_accept(sess) < 0) {
    return -1;
  }

  session.d->instrm->strm_data = sess->data;
  session.d->outstrm->strm_data = sess->data;
  return 0;
}

/* Runs before ProFTPD's lingering close, and replaces its wait: close_notify,
 * FIN, and the client's FIN.  A client that waits for the reply to ABOR does
 * not read, so we do not wait for it.
 */
static int shutdown_stream(pr_netio_stream_t *nstrm, int how) {
  struct ftps_conn *conn;

  if (nstrm->strm_type == PR_NETIO_STRM_DATA &&
      find_conn(nstrm, &conn) == PROTECTION_TLS) {
    if (session.sf_flags & SF_ABORT) {
      end_data(conn);
      ftps_data_close_sockets(false);
      return 0;
    }
    if (ftps_data_finish(ftps_session_current(), conn) < 0) {
      return 0;
    }
    ftps_conn_close(conn, true);
    if (conn->farewell != FTPS_FAREWELL_SENT) {
      ftps_data_tell_reset(ftps_session_current());
    } else if (ftps_linger_close(ftps_session_current(), conn, nstrm)) {
      return 0;
    }
  }

  return shutdown(nstrm->strm_fd, how);
}

static pr_netio_t *make_netio(void) {
  pr_netio_t *netio = pr_alloc_netio2(session.pool, &ftps_module, NULL);

  netio->abort = abort_stream;
  netio->close = close_stream;
  netio->open = open_stream;
  netio->poll = poll_stream;
  netio->postopen = postopen_stream;
  netio->read = read_stream;
  netio->reopen = reopen_stream;
  netio->shutdown = shutdown_stream;
  netio->write = write_stream;
  return netio;
}

static int ensure(pr_netio_t *netio, int type) {
  return pr_get_netio(type) == netio ? 0 : pr_register_netio(netio, type);
}

int ftps_netio_ensure(void) {
  struct ftps_process *process = ftps_process();

  if (process->control_netio == NULL) {
    process->control_netio = make_netio();
    process->data_netio = make_netio();
  }

  return ensure(process->control_netio, PR_NETIO_STRM_CTRL) < 0
      ? -1
      : ensure(process->data_netio, PR_NETIO_STRM_DATA);
}

void ftps_netio_bind_control(struct ftps_conn *conn) {
  session.c->instrm->strm_data = conn;
  session.c->outstrm->strm_data = conn;
}
