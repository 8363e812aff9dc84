/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * conn_own.h: the private part of a connection; only conn/ uses it.
 */
#ifndef FTPS_CONN_CONN_OWN_H
#define FTPS_CONN_CONN_OWN_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "conn/conn.h"
#include "named/shown.h"
#include "tickets/keyring.h"

/* When new keys are due (conn/rekey.h); all zero: never. */
struct ftps_rekey {
  bool is_on;
  uint64_t every_ms, due_ms;        /* control; of ftps_clock_ms() */
  uint64_t every_bytes, sent_bytes; /* data */
};

/* The handshake of a data connection may be left after our Finished. */
enum ftps_conn_pause {
  FTPS_PAUSE_NEVER,
  FTPS_PAUSE_PASSED, /* the library stops there, but the handshake goes on */
  FTPS_PAUSE_WANTED, /* both stop */
  FTPS_PAUSE_TAKEN,  /* FTPS_CONN_HALF */
  FTPS_PAUSE_BEGUN   /* likewise, and data have been sent */
};

enum ftps_conn_writing {
  FTPS_WRITING_NONE,
  FTPS_WRITING_PATIENT, /* a write that may wait */
  FTPS_WRITING_URGENT   /* a write that must not */
};

struct ftps_conn_own {
  const struct ftps_vhost *base; /* its context made `ssl`: its ticket keys
                                  * are for all connections of the session */
  int control_fd;         /* data: watched while waiting, for ABOR; or -1 */
  SSL_SESSION *resumable; /* control: owned; data: the control's */
  bool had_ticket;        /* control: the client's ticket was good */
  bool is_proved;         /* control: the next is for its tickets */
  unsigned char proof[FTPS_TICKET_PROOF_SIZE];
  X509 *control_peer; /* data: the control's; borrowed */
  bool has_ems;       /* data: the control's, RFC 7627 */
  bool has_admitted;  /* data: a session with this token may be resumed */
  unsigned char admitted[FTPS_TOKEN_SIZE];
  struct ftps_conn_chooser chooser;
  struct ftps_shown named;      /* all zero: that of the vhost */
  bool has_key;                 /* private keys were lent to `ssl` */
  struct ftps_watched *watched; /* if is_watched; otherwise NULL */
  struct ftps_conn_peer peer;   /* as client: what tag.peer points to */
  bool has_said_hello;          /* a ClientHello has been answered */
  bool may_await;               /* data: the handshake may wait for another
                                 * session's login */
  uint64_t await_until;         /* ms; 0: it has not waited */
  bool has_read_much;           /* the socket is read into a buffer */
  int read_errno;               /* of a read of the socket that failed */
  enum ftps_io failed;          /* not OK: the next read returns it */
  struct ftps_error failure;    /* its text */
  enum ftps_conn_writing writing;
  bool is_gathering;  /* records wait for the end of the write */
  const char *record; /* where the library makes large ones; NULL: not yet */
  enum ftps_conn_pause pause;
  uint64_t expected;                /* HALF: bytes in all; 0: not known */
  uint64_t deadline;                /* of the handshake, ms; 0: none */
  uint64_t counted_in, counted_out; /* bytes on the wire, already taken */
  uint64_t plain_in, plain_out;     /* bytes of FTP since then */
  uint64_t around_out;              /* see ftps_conn_count_around() */
  int64_t ticket_at;                /* when the last ticket was made, s */
  struct ftps_rekey rekey;
};

/* True if bytes of the socket are in the buffer before the library's: the
 * library wants to read more, and the socket need not be readable for that.
 */
static inline bool ftps_conn_is_buffered(const struct ftps_conn *conn) {
  return BIO_pending(SSL_get_rbio(conn->ssl)) > 0;
}

/* True if a TLS record may begin with this byte: change_cipher_spec, alert,
 * handshake, application_data (RFC 8446, section 5.1).  No command does.
 */
static inline bool ftps_conn_is_record(unsigned char type) {
  return type >= 20 && type <= 23;
}

#endif /* FTPS_CONN_CONN_OWN_H */
