/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * watched.c: see watched.h.
 */
#include "base/watched.h"

#include <stdbool.h>
#include <sys/socket.h>

struct watched {
  int fd;
  bool is_held; /* the next byte of the socket has been read already */
};

static BIO_METHOD *method;

static void take_out(struct watched *watched) {
  char byte;

  if (watched->is_held &&
      recv(watched->fd, &byte, sizeof(byte), MSG_DONTWAIT) == 1) {
    watched->is_held = false;
  }
}

static int read_cb(BIO *bio, char *buf, int len) {
  struct watched *watched = BIO_get_data(bio);
  ssize_t got;

  BIO_clear_retry_flags(bio);
  take_out(watched);
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
  const struct watched *watched = BIO_get_data(bio);
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

static int free_cb(BIO *bio) {
  OPENSSL_free(BIO_get_data(bio));
  BIO_set_data(bio, NULL);
  return 1;
}

/* Made once in a session, and left to the end of the process. */
static const BIO_METHOD *get0_method(void) {
  int type;

  if (method == NULL && (type = BIO_get_new_index()) > 0) {
    method = BIO_meth_new(type | BIO_TYPE_SOURCE_SINK, "watched socket");
    if (method != NULL) {
      (void) BIO_meth_set_read(method, read_cb);
      (void) BIO_meth_set_write(method, write_cb);
      (void) BIO_meth_set_ctrl(method, control_cb);
      (void) BIO_meth_set_destroy(method, free_cb);
    }
  }

  return method;
}

int ftps_watched_start(SSL *ssl, int fd) {
  const BIO_METHOD *type = get0_method();
  BIO *bio = type != NULL ? BIO_new(type) : NULL;
  struct watched *watched =
      bio != NULL ? OPENSSL_zalloc(sizeof(*watched)) : NULL;

  if (watched == NULL) {
    BIO_free(bio);
    return -1;
  }

  watched->fd = fd;
  BIO_set_data(bio, watched);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  return 0;
}

void ftps_watched_settle(SSL *ssl) {
  if (!SSL_has_pending(ssl) &&
      (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) == 0) {
    ftps_watched_release(ssl);
  }
}

void ftps_watched_release(SSL *ssl) {
  take_out(BIO_get_data(SSL_get_rbio(ssl)));
}
