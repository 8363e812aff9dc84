/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * io.c: see io.h.
 */
#include "conn/io.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "base/watched.h"
#include "conn/close.h"
#include "conn/conn.h"
#include "conn/conn_own.h"
#include "conn/handshake.h"
#include "conn/rekey.h"
#include "conn/wait.h"

/* The distance at which addresses look alike to a processor. */
#define PAGE 4096

/* As many bytes as ProFTPD reads at a time. */
#define READ_SIZE (128 * 1024)

static enum ftps_io fail(struct ftps_conn *conn, enum ftps_io result) {
  conn->state = FTPS_CONN_DEAD;
  return result;
}

static bool is_inside_record(const SSL *ssl) {
  return SSL_has_pending(ssl) || strcmp(SSL_rstate_string(ssl), "RB") == 0;
}

/* With SSL_OP_IGNORE_UNEXPECTED_EOF the end of the TCP stream looks like
 * close_notify.  The BIO knows which it was.
 */
static enum ftps_io end_of_stream(struct ftps_conn *conn) {
  if (BIO_eof(SSL_get_rbio(conn->ssl))) {
    return is_inside_record(conn->ssl) ? FTPS_IO_CUT : FTPS_IO_TRUNCATED;
  }

  conn->peer_closed = true;
  return FTPS_IO_EOF;
}

static enum ftps_io failed_call(struct ftps_conn *conn, int ssl_error,
    int xerrno, struct ftps_error *err) {
  if (ssl_error == SSL_ERROR_SYSCALL && ERR_peek_error() == 0) {
    if (xerrno == 0 || xerrno == ECONNRESET || xerrno == EPIPE ||
        xerrno == ECONNABORTED) {
      return fail(conn, FTPS_IO_RESET);
    }
    ftps_error_set_errno(err, xerrno, "TLS connection failed");
  }

  ftps_error_set_ssl(err, "TLS connection failed");
  return fail(conn, FTPS_IO_FAILED);
}

/* Around a KeyUpdate the library puts a buffer of its own before ours.  It does
 * not report that ours has to wait (OpenSSL 3.0).
 */
static int error_of(const struct ftps_conn *conn, int ret, int xerrno) {
  int ssl_error = SSL_get_error(conn->ssl, ret);

  return ssl_error == SSL_ERROR_SYSCALL && conn->own->is_gathering &&
          (xerrno == EAGAIN || xerrno == EWOULDBLOCK) && ERR_peek_error() == 0
      ? SSL_ERROR_WANT_WRITE
      : ssl_error;
}

/* What to do after a failed call.  FTPS_IO_OK: call again. */
static enum ftps_io recover(struct ftps_conn *conn, int ret, int xerrno,
    struct ftps_error *err) {
  int ssl_error = error_of(conn, ret, xerrno);
  int ready;

  switch (ssl_error) {
    case SSL_ERROR_WANT_READ:
      /* After a KeyUpdate the library returns without a look at the socket.  It
       * may have the next record already, and not say so (OpenSSL 3.2).
       */
      if (xerrno == 0) {
        ftps_conn_go_on();
        return FTPS_IO_OK;
      }
      ready = ftps_conn_wait_readable(conn, 0);
      break;

    case SSL_ERROR_WANT_WRITE:
      if (conn->own->writing == FTPS_WRITING_URGENT) {
        return fail(conn, FTPS_IO_RESET);
      }
      ready = ftps_conn_wait(conn, POLLOUT, 0);
      break;

    case SSL_ERROR_ZERO_RETURN:
      return conn->own->read_errno != 0
          ? failed_call(conn, SSL_ERROR_SYSCALL, conn->own->read_errno, err)
          : end_of_stream(conn);

    default:
      return failed_call(conn, ssl_error, xerrno, err);
  }

  return ready > 0 ? FTPS_IO_OK : FTPS_IO_INTERRUPTED;
}

/* The next call returns it. */
static void keep_failure(struct ftps_conn *conn, int ssl_error, int xerrno) {
  if (ssl_error == SSL_ERROR_SYSCALL || ssl_error == SSL_ERROR_SSL) {
    ftps_error_clear(&conn->own->failure);
    conn->own->failed =
        failed_call(conn, ssl_error, xerrno, &conn->own->failure);
  }
}

/* Reads what has already arrived after the first record.  The bytes before a
 * failure are valid.
 */
static void read_more(struct ftps_conn *conn, unsigned char *buf, size_t size,
    size_t *len) {
  while (*len < size &&
      (SSL_has_pending(conn->ssl) || ftps_conn_is_buffered(conn))) {
    size_t more;
    int ret;

    ERR_clear_error();
    errno = 0;
    ret = SSL_read_ex(conn->ssl, buf + *len, size - *len, &more);
    if (ret != 1) {
      keep_failure(conn, SSL_get_error(conn->ssl, ret), errno);
      return;
    }
    *len += more;
  }
}

/* A module that polls by itself may try again for ever.  It gets the end, as
 * after a failure of the socket.
 */
static enum ftps_io tell_failure(struct ftps_conn *conn,
    struct ftps_error *err) {
  enum ftps_io result = conn->is_watched ? FTPS_IO_EOF : FTPS_IO_RESET;

  if (conn->own->failed != FTPS_IO_OK) {
    result = conn->own->failed;
    *err = conn->own->failure;
    conn->own->failed = FTPS_IO_OK;
  }
  return result;
}

/* A buffer returns the bytes before a failure, which the socket reports once:
 * the next read would find the end.
 */
/* NOLINTNEXTLINE: the library defines the parameters */
static long see_failure_cb(BIO *bio, int oper, const char *data, size_t len,
    int argi, long argl, int ret, size_t *processed) {
  struct ftps_conn *conn = (struct ftps_conn *) BIO_get_callback_arg(bio);

  (void) data;
  (void) len;
  (void) argi;
  (void) argl;
  (void) processed;
  if (oper == (BIO_CB_READ | BIO_CB_RETURN) && ret < 0 &&
      !BIO_should_retry(bio)) {
    conn->own->read_errno = errno;
  }

  return ret;
}

/* Much is read: from now on one read of the socket gets several records, into a
 * buffer before the library's.  The library's own read-ahead does that too, but
 * moves all that it has not used yet before each record.  If there is no
 * memory, it goes on as before.
 */
static void gather_reads(struct ftps_conn *conn) {
  BIO *below = SSL_get_rbio(conn->ssl), *buffer = BIO_new(BIO_f_buffer());

  conn->own->has_read_much = true;
  if (buffer == NULL || BIO_set_read_buffer_size(buffer, READ_SIZE) != 1 ||
      BIO_up_ref(below) != 1) {
    BIO_free(buffer);
    ERR_clear_error();
    return;
  }

  BIO_set_callback_arg(below, (char *) conn);
  BIO_set_callback_ex(below, see_failure_cb);
  (void) BIO_push(buffer, below);
  SSL_set0_rbio(conn->ssl, buffer);
  SSL_set_read_ahead(conn->ssl, 0);
}

static enum ftps_io read_some(struct ftps_conn *conn, void *buf, size_t size,
    size_t *len_out, struct ftps_error *err) {
  enum ftps_io result = FTPS_IO_OK;

  while (result == FTPS_IO_OK) {
    int ret;

    ERR_clear_error();
    errno = 0;
    ret = SSL_read_ex(conn->ssl, buf, size, len_out);
    if (ret == 1) {
      if (conn->tag.kind == FTPS_KIND_DATA) {
        read_more(conn, buf, size, len_out);
      }
      return FTPS_IO_OK;
    }

    result = recover(conn, ret, errno, err);
  }

  return result;
}

enum ftps_io ftps_io_read(struct ftps_conn *conn, void *buf, size_t size,
    size_t *len_out, struct ftps_error *err) {
  enum ftps_io result;

  if (conn->state == FTPS_CONN_DEAD) {
    return tell_failure(conn, err);
  }

  result = read_some(conn, buf, size, len_out, err);
  if (result == FTPS_IO_OK && conn->tag.kind == FTPS_KIND_DATA &&
      *len_out >= SSL3_RT_MAX_PLAIN_LENGTH && !conn->own->has_read_much) {
    gather_reads(conn);
  }
  if (conn->is_watched && conn->state != FTPS_CONN_DEAD) {
    ftps_watched_settle(conn->own->watched, conn->ssl);
  }
  return result;
}

/* Records where the library makes large records, for first_size(). */
/* NOLINTNEXTLINE: the library defines the parameters */
static long see_record_cb(BIO *bio, int oper, const char *data, size_t len,
    int argi, long argl, int ret, size_t *processed) {
  struct ftps_conn *conn = (struct ftps_conn *) BIO_get_callback_arg(bio);

  (void) argi;
  (void) argl;
  (void) processed;
  if (oper == BIO_CB_WRITE && len >= SSL3_RT_MAX_PLAIN_LENGTH) {
    conn->own->record = data;
    BIO_set_callback_ex(bio, NULL);
  }

  return ret;
}

/* The records of one call are sent in one piece: at the first call that makes
 * more than one record, the socket gets a buffer.  Not if the kernel makes the
 * records.
 */
static void gather_records(struct ftps_conn *conn, size_t len) {
  BIO *socket_bio = SSL_get_rbio(conn->ssl), *buffer;
  size_t records = len / SSL3_RT_MAX_PLAIN_LENGTH + 1;

  conn->own->is_gathering = true;
  if (BIO_get_ktls_send(SSL_get_wbio(conn->ssl))) {
    return;
  }

  buffer = BIO_new(BIO_f_buffer());
  if (buffer == NULL ||
      BIO_set_write_buffer_size(buffer,
          (long) (records * SSL3_RT_MAX_PACKET_SIZE)) != 1 ||
      BIO_up_ref(socket_bio) != 1) {
    BIO_free(buffer);
    ERR_clear_error();
    return;
  }

  BIO_set_callback_arg(buffer, (char *) conn);
  BIO_set_callback_ex(buffer, see_record_cb);
  (void) BIO_push(buffer, socket_bio);
  SSL_set0_wbio(conn->ssl, buffer);
}

static enum ftps_io write_record(struct ftps_conn *conn,
    const unsigned char *buf, size_t *len, struct ftps_error *err) {
  enum ftps_io result = FTPS_IO_OK;

  if (conn->own->rekey.is_on) {
    ftps_rekey_before_write(conn, *len);
  }

  while (result == FTPS_IO_OK) {
    int ret;

    ERR_clear_error();
    errno = 0;
    ret = SSL_write_ex(conn->ssl, buf, *len, len);
    if (ret == 1) {
      return FTPS_IO_OK;
    }

    result = recover(conn, ret, errno, err);
  }

  return result;
}

/* The library copies plain bytes to the place where it makes a record.  If that
 * is less than 64 bytes after them, modulo 4096, `rep movsb` is several times
 * slower on some processors (Zen 3, Zen 4), and memcpy of glibc up to 2.39 does
 * not check for this.  All records have the same place, and 16384 is a multiple
 * of 4096, so a shorter first one moves all others.
 */
static size_t first_size(const struct ftps_conn *conn,
    const unsigned char *buf) {
  size_t away = ((size_t) conn->own->record - (size_t) buf) % PAGE;

  return conn->own->record != NULL && (away < PAGE / 8 || away > PAGE * 7 / 8)
      ? SSL3_RT_MAX_PLAIN_LENGTH - PAGE / 2
      : SSL3_RT_MAX_PLAIN_LENGTH;
}

static enum ftps_io write_records(struct ftps_conn *conn,
    const unsigned char *buf, size_t len, struct ftps_error *err) {
  size_t size = first_size(conn, buf);

  while (len > 0) {
    size_t done = len < size ? len : size;
    enum ftps_io result = write_record(conn, buf, &done, err);

    if (result != FTPS_IO_OK) {
      return result;
    }
    buf += done;
    len -= done;
    size = SSL3_RT_MAX_PLAIN_LENGTH;
  }

  return FTPS_IO_OK;
}

/* Nothing is held back: when this returns, the kernel has all bytes that
 * ProFTPD has written.
 */
static enum ftps_io flush(struct ftps_conn *conn, struct ftps_error *err) {
  BIO *bio = SSL_get_wbio(conn->ssl);

  errno = 0;
  while (BIO_flush(bio) <= 0) {
    if (!BIO_should_retry(bio)) {
      return failed_call(conn, SSL_ERROR_SYSCALL, errno, err);
    }
    if (ftps_conn_wait(conn, POLLOUT, 0) <= 0) {
      return FTPS_IO_INTERRUPTED;
    }
    errno = 0;
  }

  return FTPS_IO_OK;
}

static enum ftps_io write_with_flight(struct ftps_conn *conn,
    const unsigned char *buf, size_t *len, struct ftps_error *err) {
  enum ftps_io result = FTPS_IO_OK;

  while (result == FTPS_IO_OK) {
    size_t done;

    ERR_clear_error();
    errno = 0;
    if (SSL_write_early_data(conn->ssl, buf, *len, &done) == 1) {
      *len = done;
      conn->own->pause = FTPS_PAUSE_BEGUN;
      return FTPS_IO_OK;
    }
    result = recover(conn, 0, errno, err);
  }

  if (result != FTPS_IO_INTERRUPTED) {
    ftps_error_refuse(err, FTPS_REFUSAL_HANDSHAKE_CLOSED, NULL);
    result = FTPS_IO_UNFINISHED;
  }
  return result;
}

/* One record is sent before the client's Finished: as much as TCP sends at
 * once.  If this is everything, close_notify is sent with it, and the wait for
 * the client's Finished is here, where a failure of the transfer can still be
 * returned.  If the length is not known, the next call, or the end, waits.
 */
static enum ftps_io write_half(struct ftps_conn *conn, const unsigned char *buf,
    size_t *len, struct ftps_error *err) {
  size_t size =
      *len < SSL3_RT_MAX_PLAIN_LENGTH ? *len : SSL3_RT_MAX_PLAIN_LENGTH;
  bool is_first = conn->own->pause != FTPS_PAUSE_BEGUN;
  bool is_whole = false;
  enum ftps_io result = FTPS_IO_OK;

  if (is_first) {
    result = write_with_flight(conn, buf, &size, err);
    is_whole = size == *len && size == conn->own->expected;
    if (result != FTPS_IO_OK || (size == *len && conn->own->expected == 0)) {
      *len = 0;
      return result;
    }
    *len -= size;
  }

  if (is_whole) {
    ftps_conn_notify(conn);
  }

  return ftps_handshake_finish(conn, err) < 0 ? FTPS_IO_UNFINISHED : FTPS_IO_OK;
}

static enum ftps_io write_all(struct ftps_conn *conn, const void *buf,
    size_t len, struct ftps_error *err) {
  enum ftps_io result;

  if (conn->state != FTPS_CONN_OPEN) {
    size_t rest = len;

    result = conn->state == FTPS_CONN_HALF ? write_half(conn, buf, &rest, err)
                                           : FTPS_IO_RESET;
    if (result != FTPS_IO_OK || rest == 0) {
      return result;
    }
    buf = (const unsigned char *) buf + (len - rest);
    len = rest;
  }

  if (len > SSL3_RT_MAX_PLAIN_LENGTH && !conn->own->is_gathering) {
    gather_records(conn, len);
  }

  result = write_records(conn, buf, len, err);
  return result == FTPS_IO_OK && conn->own->is_gathering ? flush(conn, err)
                                                         : result;
}

enum ftps_io ftps_io_write(struct ftps_conn *conn, const void *buf, size_t len,
    struct ftps_error *err) {
  enum ftps_io result;

  conn->own->writing = FTPS_WRITING_PATIENT;
  result = write_all(conn, buf, len, err);
  conn->own->writing = FTPS_WRITING_NONE;
  return result;
}

enum ftps_io ftps_io_write_urgent(struct ftps_conn *conn, const void *buf,
    size_t len, struct ftps_error *err) {
  enum ftps_io result;

  if (conn->own->writing != FTPS_WRITING_NONE) {
    return fail(conn, FTPS_IO_RESET);
  }

  conn->own->writing = FTPS_WRITING_URGENT;
  result = write_all(conn, buf, len, err);
  conn->own->writing = FTPS_WRITING_NONE;
  return result;
}

bool ftps_io_is_pending(const struct ftps_conn *conn) {
  return SSL_has_pending(conn->ssl) && SSL_pending(conn->ssl) > 0;
}

bool ftps_io_has_begun(const struct ftps_conn *conn) {
  return is_inside_record(conn->ssl);
}

bool ftps_io_has_ended(const struct ftps_conn *conn) {
  return (SSL_get_shutdown(conn->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}

static int peek_record(struct ftps_conn *conn, void *buf, size_t size) {
  size_t len = 0;
  int ret, res;

  ERR_clear_error();
  errno = 0;
  ret = SSL_peek_ex(conn->ssl, buf, size, &len);
  if (ret == 1) {
    res = (int) len;

  } else {
    int xerrno = errno, ssl_error = error_of(conn, ret, xerrno);

    res = ssl_error == SSL_ERROR_WANT_READ ? -1 : 0;
    keep_failure(conn, ssl_error, xerrno);
  }

  ERR_clear_error();
  return res;
}

static int peek_clear(const struct ftps_conn *conn, void *buf, size_t size) {
  ssize_t got = recv(conn->fd, buf, size, MSG_PEEK | MSG_DONTWAIT);

  if (got < 0) {
    return errno == EAGAIN || errno == EWOULDBLOCK ? -1 : 0;
  }
  return (int) got;
}

static int peek_tls(struct ftps_conn *conn, void *buf, size_t size) {
  int flags = ftps_conn_stop_blocking(conn->fd), res;

  if (flags < 0) {
    return 0;
  }

  res = peek_record(conn, buf, size);
  ftps_conn_restore_mode(conn->fd, flags);
  return res;
}

/* The client's close_notify is no command: what comes behind it may be one.  A
 * record may arrive in parts.
 */
static int peek_released(struct ftps_conn *conn, void *buf, size_t size) {
  unsigned char type = 0;
  int res;

  if (!conn->peer_closed && !ftps_io_has_begun(conn)) {
    res = peek_clear(conn, &type, sizeof(type));
    if (res <= 0) {
      return res;
    }
  }

  if (!conn->peer_closed &&
      (ftps_io_has_begun(conn) || ftps_conn_is_record(type))) {
    res = peek_tls(conn, buf, size);
    if (res != 0 || !ftps_io_has_ended(conn)) {
      return res;
    }
    conn->peer_closed = true;
  }

  return peek_clear(conn, buf, size);
}

int ftps_io_peek(struct ftps_conn *conn, void *buf, size_t size) {
  int res = 0;

  if (conn->state == FTPS_CONN_RELEASED) {
    res = peek_released(conn, buf, size);
  } else if (conn->state == FTPS_CONN_OPEN) {
    res = peek_tls(conn, buf, size);
  }

  errno = 0;
  return res;
}
