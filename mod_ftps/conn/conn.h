/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * conn.h: one TLS connection, control or data.
 *
 * host/ makes it with ftps_conn_new().  A connection refers to a
 * context and never changes it. ftps_conn_free() frees it once, and never
 * blocks.
 *
 * ProFTPD owns the descriptor.  The handshake saves its blocking mode and
 * restores it in every case.
 *
 * DIAGNOSTICS: functions return 0, or -1 with the caller's ftps_error set.
 */
#ifndef FTPS_CONN_CONN_H
#define FTPS_CONN_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "base/conn_tag.h"
#include "base/error.h"
#include "base/settings.h"
#include "conn/hello.h"
#include "counts/counts.h"
#include "counts/print.h"

struct ftps_shown;
struct ftps_conn;
struct ftps_vhost;

/* Why a connection is not accepted, or is not open any more. */
enum ftps_conn_state {
  FTPS_CONN_NEW,
  FTPS_CONN_HALF,     /* data: our Finished is sent, the client's has not
                       * arrived */
  FTPS_CONN_OPEN,     /* the handshake is complete */
  FTPS_CONN_CLOSED,   /* close_notify sent */
  FTPS_CONN_RELEASED, /* control: likewise, and goes on in clear (CCC) */
  FTPS_CONN_DEAD      /* a fatal error: no more calls of OpenSSL */
};

/* How reading or writing ended. */
enum ftps_io {
  FTPS_IO_OK,
  FTPS_IO_EOF,         /* close_notify */
  FTPS_IO_TRUNCATED,   /* the TCP stream ended without one */
  FTPS_IO_CUT,         /* likewise, inside a record: bytes are missing */
  FTPS_IO_RESET,       /* connection reset, broken pipe */
  FTPS_IO_INTERRUPTED, /* the wait was given up */
  FTPS_IO_FAILED,      /* protocol error; the connection is dead */
  FTPS_IO_UNFINISHED   /* data were sent with the handshake, which then
                        * failed */
};

/* How a ClientHello finds its virtual host.  Set by host/. */
struct ftps_conn_chooser {
  /* Returns the vhost for the server name (which was checked: a limited host
   * name), or NULL with `alert` set to the TLS alert to send.
   */
  const struct ftps_vhost *(*choose)(void *arg, const char *name, int *alert);

  /* Finds the certificate for a name on that vhost (named/shown.h); the
   * name is empty if none was sent.  Returns the name that counts, or NULL if
   * the vhost's own certificate is to be used.
   */
  const char *(*certify)(void *arg, const struct ftps_vhost *vhost,
      const char *name, struct ftps_shown *cert_out);

  /* No host can have the name that was sent.  Returns whether the client may go
   * on as if it had sent none.  The bytes are unchecked.
   */
  bool (*may_ignore)(void *arg, const unsigned char *bytes, size_t len);
  void *arg;
};

struct ftps_conn_props {
  enum ftps_kind kind;
  int fd;
  const struct ftps_vhost *vhost;
  const unsigned char *token;
  const struct ftps_conn *control;   /* data: the one to belong to */
  bool may_not_resume;               /* data: a full handshake is accepted */
  bool may_finish_full;              /* data: see base/conn_tag.h */
  bool may_be_in_kernel;             /* data: the kernel may encrypt */
  bool may_pause;                    /* data: may stop at FTPS_CONN_HALF */
  bool is_watched;                   /* data: the reader polls `fd` itself */
  struct ftps_conn_chooser chooser;  /* control only */
  const struct ftps_conn_peer *peer; /* data: be the TLS client of this
                                      * server; copied */
};

/* How far our close_notify has come. */
enum ftps_conn_farewell {
  FTPS_FAREWELL_NONE,
  FTPS_FAREWELL_SAID, /* the library has made it */
  FTPS_FAREWELL_SENT  /* the kernel has it, and everything before it */
};

struct ftps_conn_own;

/* host/ reads this.  Only conn/ writes it, and uses `own`. */
struct ftps_conn {
  struct ftps_conn_tag tag; /* first: see base/conn_tag.h */
  SSL *ssl;
  int fd;
  enum ftps_conn_state state;
  enum ftps_conn_farewell farewell;
  const struct ftps_vhost *vhost;           /* may change in the ClientHello */
  char server_name[FTPS_HOST_NAME_MAX + 1]; /* SNI, checked; or empty */
  struct ftps_print print;                  /* control: of its ClientHello */
  uint64_t began;                           /* ms */
  int ssl_error;                            /* of a failed handshake; never 0 */
  bool plainly_not_tls; /* the first bytes are not a TLS record */
  bool peer_closed;     /* close_notify received, or released and gone on in
                       * clear without it */
  bool is_of_login;     /* data: it resumed a session of another control
                         * connection, which has the same login */
  bool is_watched;      /* see base/watched.h */
  struct ftps_conn_own *own; /* conn/conn_own.h */
};

/* Returns NULL with `err` set if there is no memory. */
struct ftps_conn *ftps_conn_new(const struct ftps_conn_props *props,
    struct ftps_error *err);

/* True if the kernel makes the records that are sent.  Then bytes that are
 * written to the descriptor are encrypted.
 */
bool ftps_conn_is_in_kernel(const struct ftps_conn *conn);

/* The same socket has another descriptor now. */
void ftps_conn_set_fd(struct ftps_conn *conn, int fd);

/* Bytes on the wire so far. */
uint64_t ftps_conn_bytes_in(const struct ftps_conn *conn);
uint64_t ftps_conn_bytes_out(const struct ftps_conn *conn);

/* Bytes of FTP that went through the connection. */
void ftps_conn_count_plain(struct ftps_conn *conn, size_t in, size_t out);

/* Bytes on the wire in addition to those of FTP, in and out, since the last
 * call.
 */
void ftps_conn_take_overhead(struct ftps_conn *conn, int64_t *in_out,
    int64_t *out_out);

/* By what a finished handshake has resumed a session. */
enum ftps_resumed ftps_conn_resumed_by(const struct ftps_conn *conn);

/* Of a transfer of so many bytes, those that were not written by the library
 * went out through the socket itself (sendfile).
 */
void ftps_conn_count_around(struct ftps_conn *conn, uint64_t total);

/* True if the time of the handshake is over. */
bool ftps_conn_is_late(const struct ftps_conn *conn);

/* Whether its handshake may be left at FTPS_CONN_HALF.  The other function says
 * that it may not after all, or how many bytes will be sent (0: not known).
 */
bool ftps_conn_may_pause(const struct ftps_conn *conn);
void ftps_conn_expect(struct ftps_conn *conn, bool may_pause, uint64_t bytes);

/* True if this end is the TLS client. */
bool ftps_conn_is_client(const struct ftps_conn *conn);

/* Marks (keys/keyarea.h) the keys of the name's certificate that it has. */
void ftps_conn_mark_keys(const struct ftps_conn *conn);

/* NULL is allowed. */
void ftps_conn_free(struct ftps_conn *conn);

/* The connection of an SSL object. */
struct ftps_conn *ftps_conn_of(const SSL *ssl);

#endif /* FTPS_CONN_CONN_H */
