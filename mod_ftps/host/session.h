/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * session.h: the TLS side of one FTP session.
 *
 * It is made in sess_init of a server with TLSEngine on, and lives until the
 * end of the process. session.c has the only pointer to it.  Only ProFTPD's
 * callbacks read that pointer; everybody else gets the session as an argument.
 *
 * Only ftps_session_switch() replaces the virtual host for HOST and SNI, never
 * member by member.
 */
#ifndef FTPS_HOST_SESSION_H
#define FTPS_HOST_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/conn_tag.h"
#include "base/error.h"
#include "counts/clients.h"

#include "conf.h"

struct ftps_budget_client;
struct ftps_conn;
struct ftps_early;
struct ftps_linger;
struct ftps_settings;
struct ftps_vhost;

/* Protection level of data connections (RFC 4217, section 9). */
enum ftps_prot {
  FTPS_PROT_CLEAR,
  FTPS_PROT_PRIVATE
};

struct ftps_session {
  const struct ftps_vhost *vhost;       /* never NULL */
  const struct ftps_settings *settings; /* the vhost's, or `own` */
  struct ftps_settings *own; /* a copy with the options of the user; or NULL */

  struct ftps_conn *control;  /* NULL before AUTH; owned by this */
  struct ftps_conn *data;     /* NULL between transfers; owned by this */
  struct ftps_early *early;   /* the next data connection; never NULL */
  struct ftps_linger *linger; /* data connections that have ended and that
                               * the client has not closed */

  bool
      is_clear_refused; /* TLSRequired, by the path in use: host/data/clear.h */
  struct ftps_error unfinished; /* why a listing is not complete after all */
  struct ftps_error unanswered; /* why a data connection of another module
                                 * was refused */

  enum ftps_prot prot;
  bool may_delay;       /* TCPNoDelay off, on data connections */
  bool has_polled;      /* ProFTPD has polled before its next write */
  bool is_bare;         /* no other module is between ProFTPD and our streams */
  bool is_tls_client;   /* on data connections: SSCN ON */
  bool has_key;         /* the private key is still in memory after the control
                       * handshake */
  bool has_resumed;     /* a data connection, before CCC */
  unsigned int charged; /* handshakes that `payer` has paid for, until the
                         * login */
  struct ftps_budget_client *payer; /* NULL before the first one */
  unsigned int let_off; /* data connections that did not resume, and need not */
  unsigned int refused; /* data connections that did not resume, recently */
  uint64_t refused_at;  /* the start of this count, ms */
  unsigned char token[FTPS_TOKEN_SIZE];

  /* The server that the client's SNI chose, until the session has moved to it
   * after the handshake; otherwise NULL.
   */
  server_rec *chosen;

  /* The size of the pieces of this RETR, or 0 for ProFTPD's; the server whose
   * tcp_sndbuf_len it is while the file is sent, and its earlier value; NULL:
   * none.
   */
  int piece;
  char *buffer; /* ours of that size: host/data/buffers.h; NULL: none */
  char *source; /* ProFTPD's, into which it reads the pieces; NULL: none yet */
  server_rec *raised;
  int normal_piece;

  /* The first commands of the client, and whether its software is counted
   * (host/sight.c).
   */
  char steps[FTPS_CLIENTS_STEPS + 1];
  bool is_counted;

  bool may_sendfile; /* mod_xfer believes that this data connection is clear */
};

/* The state of a login without password. */
enum ftps_login_progress {
  FTPS_LOGIN_NEEDS_PASSWORD,
  FTPS_LOGIN_ADMITTED, /* ProFTPD's own PASS command comes next */
  FTPS_LOGIN_TRIED
};

/* What one process keeps, also if HOST chooses a server without TLS. */
struct ftps_process {
  struct ftps_session *session; /* NULL if TLSEngine is off */
  struct ftps_session *idle;    /* the session that HOST has left, for the
                                 * case that it comes back */
  enum ftps_login_progress login;

  /* Our callbacks for streams.  There are two objects, because mod_deflate
   * replaces the callbacks of the one for data.  NULL until they are needed.
   */
  pr_netio_t *control_netio;
  pr_netio_t *data_netio;
};

struct ftps_process *ftps_process(void);

/* Returns NULL if TLSEngine is off. */
struct ftps_session *ftps_session_current(void);
void ftps_session_set_current(struct ftps_session *sess);

/* Reads TLSOptions again: sections of mod_ifsession may have added to them. */
void ftps_session_read_options(struct ftps_session *sess);

/* True if the control connection has gone back to clear text. */
bool ftps_session_is_cleared(const struct ftps_session *sess);

#endif /* FTPS_HOST_SESSION_H */
