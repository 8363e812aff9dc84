/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * conn.h: one TLS connection, control or data.
 *
 * Made by host/session.c (control) and host/data/data.c (data) with
 * ftps_conn_new(); the only SSL_new.  A connection refers to a context and
 * never changes it.  It is freed once, by ftps_conn_free(), which never blocks.
 *
 * The descriptor stays the host's.  Its blocking mode is saved by the
 * handshake and restored on every way out.
 *
 * DIAGNOSTICS: functions return 0 or -1 and fill the caller's ftps_error.
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

struct ftps_conn;
struct ftps_vhost;

/* Why a connection is not accepted, or not alive any more. */
enum ftps_conn_state {
  FTPS_CONN_NEW,
  FTPS_CONN_HALF,     /* data: our Finished is sent, the client's awaited */
  FTPS_CONN_OPEN,     /* handshake done */
  FTPS_CONN_CLOSED,   /* close_notify sent */
  FTPS_CONN_RELEASED, /* control: the same, and gone on in clear (CCC) */
  FTPS_CONN_DEAD      /* a fatal error: no more calls into OpenSSL */
};

/* How reading or writing ended. */
enum ftps_io {
  FTPS_IO_OK,
  FTPS_IO_EOF,         /* close_notify */
  FTPS_IO_TRUNCATED,   /* the TCP stream ended without one */
  FTPS_IO_CUT,         /* the same, inside a record: bytes are missing */
  FTPS_IO_RESET,       /* connection reset, broken pipe */
  FTPS_IO_INTERRUPTED, /* the host gave up waiting */
  FTPS_IO_FAILED,      /* protocol error; the connection is dead */
  FTPS_IO_UNFINISHED   /* the handshake that data were sent with has failed */
};

/* When new keys are due (conn/rekey.h); all zero: never. */
struct ftps_rekey {
  bool is_on;
  uint64_t every_ms, due_ms;        /* control; of ftps_clock_ms() */
  uint64_t every_bytes, sent_bytes; /* data */
};

/* How a ClientHello finds its virtual host.  Given by the host layer. */
struct ftps_conn_chooser {
  /* The vhost for the server name (already checked: a bounded host name), or
   * NULL, and `alert` holds the TLS alert to send.
   */
  const struct ftps_vhost *(*choose)(void *arg, const char *name, int *alert);

  /* No host can have the name that was sent: may the client go on as if it had
   * sent none?  The bytes are unchecked.
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
  bool may_not_resume;               /* data: a full handshake will do */
  bool may_be_in_kernel;             /* data: the kernel may encrypt */
  bool may_pause;                    /* data: may stop at FTPS_CONN_HALF */
  bool is_watched;                   /* data: the reader polls `fd` itself */
  struct ftps_conn_chooser chooser;  /* control only */
  const struct ftps_conn_peer *peer; /* data: be the TLS client, of this
                                      * server; copied */
};

struct ftps_conn {
  struct ftps_conn_tag tag; /* first: see base/conn_tag.h */
  SSL *ssl;
  const struct ftps_vhost *base; /* whose context made `ssl`: its ticket
                                      * keys serve all connections of the
                                      * session */
  int fd;
  int control_fd; /* data: watched while waiting, for ABOR; or -1 */
  enum ftps_conn_state state;
  SSL_SESSION *resumable;         /* control: owned; data: the control's */
  X509 *control_peer;             /* data: the control's; borrowed */
  const struct ftps_vhost *vhost; /* may change in the ClientHello */
  struct ftps_conn_chooser chooser;
  bool has_said_hello; /* a ClientHello has been answered */
  char server_name[FTPS_HOST_NAME_MAX + 1]; /* SNI, checked; or empty */
  bool plainly_not_tls;                     /* first bytes are no TLS record */
  bool peer_closed;           /* close_notify received, or released and gone
                               * on in clear without it */
  struct ftps_conn_peer peer; /* as client: what tag.peer points to */
  enum ftps_io failed;        /* not OK: for the next read to tell */
  struct ftps_error failure;  /* its text */
  bool has_said_all;          /* close_notify too has gone to the kernel */
  bool is_watched;            /* see base/watched.h */
  bool is_gathering;          /* records wait for the end of the write */
  const char *record;         /* where the library makes large records */
  bool asks_for_pause;        /* the library stops behind our Finished */
  bool may_pause;             /* and so does the handshake, if resumed */
  bool has_begun;             /* HALF: data have been sent */
  bool has_notified;          /* close_notify has been sent */
  bool may_wait;              /* control: the next write, for room */
  bool is_writing;            /* a write waits */
  bool is_urgent;             /* the write under way must not wait */
  uint64_t expected;          /* HALF: bytes of the whole; 0: not known */
  uint64_t deadline;          /* of the handshake, ms; 0: none */
  uint64_t counted_in, counted_out; /* bytes on the wire, already told */
  uint64_t plain_in, plain_out;     /* bytes of FTP since the last count */
  int ssl_error;                    /* of a failed handshake, never 0 */
  int64_t ticket_at;                /* when the last ticket was made, s */
  struct ftps_rekey rekey;
};

/* NULL and `err` when memory is short. */
struct ftps_conn *ftps_conn_new(const struct ftps_conn_props *props,
    struct ftps_error *err);

/* Much will be read: several records for one read of the socket. */
void ftps_conn_expect_much(struct ftps_conn *conn);

/* Does the kernel make the records that are sent?  Then what is written to the
 * descriptor is encrypted.
 */
bool ftps_conn_is_in_kernel(const struct ftps_conn *conn);

/* The same socket has another descriptor now. */
void ftps_conn_set_fd(struct ftps_conn *conn, int fd);

/* Bytes on the wire, in and out, since the last call. */
void ftps_conn_count(struct ftps_conn *conn, uint64_t *in_out,
    uint64_t *out_out);

/* Is this end the TLS client? */
bool ftps_conn_is_client(const struct ftps_conn *conn);

/* NULL is allowed. */
void ftps_conn_free(struct ftps_conn *conn);

/* The connection of an SSL object. */
struct ftps_conn *ftps_conn_of(const SSL *ssl);

#endif /* FTPS_CONN_CONN_H */
