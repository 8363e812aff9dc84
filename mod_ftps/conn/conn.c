/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * conn.c: see conn.h.
 *
 * The library is called only while its error queue is empty, and not at all
 * after a fatal error.
 */
#include "conn/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "base/clock.h"
#include "base/conn_index.h"
#include "conn/as_client.h"
#include "conn/resume.h"
#include "vhost/context.h"
#include "vhost/vhost.h"

/* Signals that come just before poll() are seen after a second at most. */
#define WAIT_SLICE_MS 1000
#define BUSY_SLICE_MS 500

/* As much as the host takes at a time. */
#define READ_AHEAD_SIZE (128 * 1024)

static struct ftps_conn_hooks conn_hooks;

void ftps_conn_set_hooks(const struct ftps_conn_hooks *hooks) {
  conn_hooks = *hooks;
}

struct ftps_conn *ftps_conn_of(const SSL *ssl) {
  /* The tag is the first member. */
  return (struct ftps_conn *) ftps_conn_index_get(ssl);
}

static void inherit_control(struct ftps_conn *data,
    const struct ftps_conn *control) {
  data->base = control->base;
  data->resumable = control->resumable;
  data->control_peer = SSL_get0_peer_certificate(control->ssl);
  data->control_fd = control->fd;
}

/* The other server's certificate is verified instead of a session resumed, and
 * it is not the certificate of the FTP client.
 */
static void become_client(struct ftps_conn *data,
    const struct ftps_conn_peer *peer) {
  data->peer = *peer;
  data->tag.peer = &data->peer;
  data->tag.must_resume = false;
  data->control_peer = NULL;
}

bool ftps_conn_is_client(const struct ftps_conn *conn) {
  return conn->tag.peer != NULL;
}

static SSL_CTX *choose_context(const struct ftps_conn *conn) {
  return ftps_conn_is_client(conn) ? ftps_vhost_get0_client_context(conn->vhost)
                                   : ftps_vhost_get0_context(conn->base);
}

static int start_ssl(struct ftps_conn *conn) {
  conn->ssl = SSL_new(choose_context(conn));
  if (conn->ssl == NULL || SSL_set_fd(conn->ssl, conn->fd) != 1 ||
      ftps_conn_index_set(conn->ssl, &conn->tag) < 0) {
    return -1;
  }

  /* The end of the TCP stream is told apart from close_notify in io.c, without
   * the fatal alert that the library sends otherwise.
   */
  (void) SSL_set_options(conn->ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);

  if (conn->tag.kind == FTPS_KIND_DATA && !ftps_conn_is_client(conn)) {
    ftps_resume_prepare_data(conn);
    if (conn->vhost != conn->base) {
      return ftps_context_move(conn->ssl, ftps_vhost_get0_context(conn->vhost),
          ftps_vhost_settings(conn->base), ftps_vhost_settings(conn->vhost));
    }
  }

  return 0;
}

struct ftps_conn *ftps_conn_new(const struct ftps_conn_props *props,
    struct ftps_error *err) {
  struct ftps_conn *conn = OPENSSL_zalloc(sizeof(*conn));

  if (conn == NULL) {
    ftps_error_set_errno(err, ENOMEM, "memory for a TLS connection");
    return NULL;
  }

  ERR_clear_error();
  conn->ssl_error = SSL_ERROR_SSL; /* unless the library has another one */
  conn->tag.kind = props->kind;
  conn->tag.token = props->token;
  conn->fd = props->fd;
  conn->control_fd = -1;
  conn->vhost = conn->base = props->vhost;
  conn->chooser = props->chooser;
  if (props->control != NULL) {
    inherit_control(conn, props->control);
    conn->tag.must_resume = !props->may_not_resume;
  }
  conn->asks_for_pause = conn->may_pause = props->may_pause;
  if (props->peer != NULL) {
    become_client(conn, props->peer);
  }

  if (start_ssl(conn) < 0) {
    ftps_error_set_ssl(err, "making a TLS connection");
    ftps_conn_free(conn);
    return NULL;
  }

  /* Nobody else reads the socket: CCC forbids it for the control connection.
   */
  if (props->may_be_in_kernel) {
    (void) SSL_set_options(conn->ssl, SSL_OP_ENABLE_KTLS);
  } else if (props->kind == FTPS_KIND_DATA) {
    SSL_set_read_ahead(conn->ssl, 1);
  }

  return conn;
}

void ftps_conn_free(struct ftps_conn *conn) {
  if (conn == NULL) {
    return;
  }

  if (conn->tag.kind == FTPS_KIND_CONTROL) {
    ftps_resume_forget_failed(conn);
    SSL_SESSION_free(conn->resumable);
  }

  SSL_free(conn->ssl);
  OPENSSL_free(conn);
}

static int slice_until(uint64_t deadline) {
  uint64_t now = ftps_clock_ms();

  if (deadline == 0) {
    return WAIT_SLICE_MS;
  }
  if (now >= deadline) {
    return -1;
  }

  return deadline - now < WAIT_SLICE_MS ? (int) (deadline - now)
                                        : WAIT_SLICE_MS;
}

int ftps_conn_wait(const struct ftps_conn *conn, short events,
    uint64_t deadline) {
  struct pollfd pfds[2] = { { .fd = conn->fd, .events = events },
    { .fd = conn->control_fd, .events = POLLIN } };
  int slice, res;

  conn_hooks.handle_signals();
  while ((slice = slice_until(deadline)) >= 0) {
    res = poll(pfds, 2, slice);
    if (res > 0 && pfds[0].revents != 0) {
      return 1;
    }

    if (res < 0 && errno != EINTR) {
      return -1;
    }

    if (conn_hooks.interrupted(conn)) {
      errno = EINTR;
      return -1;
    }

    /* A command that does not end the wait stays unread, and must not make this
     * spin.
     */
    if (res > 0 && poll(pfds, 1, BUSY_SLICE_MS) > 0) {
      return 1;
    }
  }

  return 0;
}

void ftps_conn_acknowledge(const struct ftps_conn *conn) {
  int on = 1;

  (void) setsockopt(conn->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

int ftps_conn_wait_readable(const struct ftps_conn *conn, uint64_t deadline) {
  if (conn->tag.kind == FTPS_KIND_DATA || conn->state == FTPS_CONN_NEW) {
    ftps_conn_acknowledge(conn);
  }

  return ftps_conn_wait(conn, POLLIN, deadline);
}

/* The library makes its buffer of this size the next time that it needs one.
 */
void ftps_conn_expect_much(struct ftps_conn *conn) {
  SSL_set_default_read_buffer_len(conn->ssl, READ_AHEAD_SIZE);
}

bool ftps_conn_is_in_kernel(const struct ftps_conn *conn) {
  return BIO_get_ktls_send(SSL_get_wbio(conn->ssl)) != 0;
}

void ftps_conn_set_fd(struct ftps_conn *conn, int fd) {
  conn->fd = fd;
  (void) BIO_set_fd(SSL_get_rbio(conn->ssl), fd, BIO_NOCLOSE);
}

int ftps_conn_stop_blocking(int fd) {
  int flags = fcntl(fd, F_GETFL);

  return flags < 0 || (flags & O_NONBLOCK) ||
          fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0
      ? flags
      : -1;
}

void ftps_conn_restore_mode(int fd, int flags) {
  if (flags >= 0 && !(flags & O_NONBLOCK)) {
    (void) fcntl(fd, F_SETFL, flags);
  }
}

/* What io.c put in front of the socket. */
static int flush(SSL *ssl) {
  BIO *bio = SSL_get_wbio(ssl);

  if (BIO_flush(bio) > 0) {
    return 1;
  }

  return BIO_should_retry(bio) ? 0 : -1;
}

/* A ticket that waits for the next write keeps the connection "in init", where
 * SSL_shutdown() fails without a close_notify.
 */
static int send_close_notify(struct ftps_conn *conn) {
  int res = 1;

  if (conn->has_notified) {
    return 1;
  }

  ERR_clear_error();
  if (SSL_in_init(conn->ssl)) {
    res = SSL_do_handshake(conn->ssl);
  }

  if (res == 1) {
    res = SSL_shutdown(conn->ssl);
    if (res >= 0) {
      conn->has_notified = true;
      return 1;
    }
  }

  return SSL_get_error(conn->ssl, res) == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

void ftps_conn_notify(struct ftps_conn *conn) {
  int flags = ftps_conn_stop_blocking(conn->fd);

  while (send_close_notify(conn) == 0 && ftps_conn_wait(conn, POLLOUT, 0) > 0) {
  }
  ftps_conn_restore_mode(conn->fd, flags);
  ERR_clear_error();
}

void ftps_conn_close(struct ftps_conn *conn, bool is_patient) {
  int flags, res, flushed = -1;

  if (conn->state != FTPS_CONN_OPEN && conn->state != FTPS_CONN_HALF) {
    return;
  }

  flags = ftps_conn_stop_blocking(conn->fd);
  while ((res = send_close_notify(conn)) == 0 && is_patient &&
      ftps_conn_wait(conn, POLLOUT, 0) > 0) {
  }
  while (res > 0 && (flushed = flush(conn->ssl)) == 0 && is_patient &&
      ftps_conn_wait(conn, POLLOUT, 0) > 0) {
  }

  if (ftps_conn_is_client(conn) && is_patient) {
    ftps_client_drain(conn);
  }

  ftps_conn_restore_mode(conn->fd, flags);
  ERR_clear_error();
  errno = 0;
  conn->state = FTPS_CONN_CLOSED;
  conn->has_said_all = flushed == 1;
}

void ftps_conn_count(struct ftps_conn *conn, uint64_t *in_out,
    uint64_t *out_out) {
  uint64_t in = BIO_number_read(SSL_get_rbio(conn->ssl));
  uint64_t out = BIO_number_written(SSL_get_rbio(conn->ssl));

  *in_out = in - conn->counted_in;
  *out_out = out - conn->counted_out;
  conn->counted_in = in;
  conn->counted_out = out;
}

static bool has_same_peer(const struct ftps_conn *data) {
  X509 *peer = SSL_get0_peer_certificate(data->ssl);

  return data->control_peer == NULL ||
      (peer != NULL && X509_cmp(peer, data->control_peer) == 0);
}

bool ftps_conn_is_bound(const struct ftps_conn *conn, struct ftps_error *err) {
  if (!has_same_peer(conn)) {
    ftps_error_set(err,
        "client certificate is not the one of the control "
        "connection");
    return false;
  }

  if (!conn->tag.must_resume) {
    return true;
  }

  if (!SSL_session_reused(conn->ssl)) {
    ftps_error_set(err,
        "TLS session of the control connection was not "
        "resumed");
    return false;
  }

  if (!ftps_resume_is_own(conn, SSL_get_session(conn->ssl))) {
    ftps_error_set(err,
        "TLS session of another control connection was "
        "resumed");
    return false;
  }

  return true;
}
