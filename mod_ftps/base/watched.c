/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * watched.c: see watched.h.
 */
#include "base/watched.h"

#include <stdbool.h>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>

struct ftps_watched {
  BIO_METHOD *method;
  int fd;
  bool is_held; /* the next byte of the socket has been read already */
};

void ftps_watched_release(struct ftps_watched *watched) {
  char byte;

  if (watched->is_held &&
      recv(watched->fd, &byte, sizeof(byte), MSG_DONTWAIT) == 1) {
    watched->is_held = false;
  }
}

static int read_cb(BIO *bio, char *buf, int len) {
  struct ftps_watched *watched = BIO_get_data(bio);
  ssize_t got;

  BIO_clear_retry_flags(bio);
  ftps_watched_release(watched);
  got = recv(watched->fd, buf, (size_t) len, MSG_PEEK);
  if (got > 1 && recv(watched->fd, buf, (size_t) got - 1, 0) != got - 1) {
    return -1;
  }

  watched->is_held = got > 0;
  if (got == 0) {
    BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  } else if (got < 0 && BIO_sock_should_retry((int) got)) {
    BIO_set_retry_read(bio);
  }
  return (int) got;
}

static int write_cb(BIO *bio, const char *buf, int len) {
  const struct ftps_watched *watched = BIO_get_data(bio);
  ssize_t sent = send(watched->fd, buf, (size_t) len, MSG_NOSIGNAL);

  BIO_clear_retry_flags(bio);
  if (sent < 0 && BIO_sock_should_retry((int) sent)) {
    BIO_set_retry_write(bio);
  }
  return (int) sent;
}

static long control_cb(BIO *bio, int command, long number, void *pointer) {
  (void) number;
  (void) pointer;
  switch (command) {
    case BIO_CTRL_EOF:
      return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;

    case BIO_CTRL_DUP:
    case BIO_CTRL_FLUSH:
      return 1;

    default:
      return 0;
  }
}

static BIO_METHOD *make_method(void) {
  BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "watched socket");

  if (method != NULL) {
    (void) BIO_meth_set_read(method, read_cb);
    (void) BIO_meth_set_write(method, write_cb);
    (void) BIO_meth_set_ctrl(method, control_cb);
  }
  return method;
}

struct ftps_watched *ftps_watched_new(SSL *ssl, int fd) {
  struct ftps_watched *watched = OPENSSL_zalloc(sizeof(*watched));
  BIO *bio = NULL;

  if (watched != NULL) {
    watched->fd = fd;
    watched->method = make_method();
    bio = watched->method != NULL ? BIO_new(watched->method) : NULL;
  }
  if (bio == NULL) {
    ftps_watched_free(watched);
    return NULL;
  }

  BIO_set_data(bio, watched);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  return watched;
}

void ftps_watched_settle(struct ftps_watched *watched, const SSL *ssl) {
  if (!SSL_has_pending(ssl) && BIO_pending(SSL_get_rbio(ssl)) <= 0 &&
      (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) == 0) {
    ftps_watched_release(watched);
  }
}

void ftps_watched_free(struct ftps_watched *watched) {
  if (watched != NULL) {
    BIO_meth_free(watched->method);
    OPENSSL_free(watched);
  }
}
