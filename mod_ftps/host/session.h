/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * session.h: the TLS side of one FTP session.
 *
 * Born in sess_init of a server with TLSEngine on, dies with the
 * process; session.c holds the only pointer to it.  Everybody but the host's
 * callbacks gets it as an argument.
 *
 * HOST and SNI replace the virtual host by ftps_session_switch() alone, never
 * member by member.
 */
#ifndef FTPS_HOST_SESSION_H
#define FTPS_HOST_SESSION_H

#include <stdbool.h>

#include "base/conn_tag.h"
#include "base/error.h"
#include "host/data/early.h"
#include "host/data/linger.h"

#include "conf.h"

struct ftps_conn;
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

  struct ftps_conn *control; /* NULL before AUTH; owned by this */
  struct ftps_conn *data;    /* NULL between transfers; owned by this */
  struct ftps_early early;   /* the next data connection */
  struct ftps_linger linger; /* ended ones, not yet closed by the client */

  struct ftps_error unfinished; /* why a listing is not complete after all */

  enum ftps_prot prot;
  bool is_tls_client; /* on data connections: SSCN ON */
  unsigned char token[FTPS_TOKEN_SIZE];

  /* The server that the client's SNI chose, until the session has moved to
   * it after the handshake; NULL otherwise.
   */
  server_rec *chosen;
};

/* NULL where TLSEngine is off. */
struct ftps_session *ftps_session_current(void);

/* In sess_init: unmaps the keys of other addresses and starts the TLS side for
 * main_server.  0 also when its engine is off; -1 when the session must end.
 */
int ftps_session_start(void);

/* After main_server changed (HOST, or SNI). */
int ftps_session_switch(void);

/* Reads TLSOptions again: sections of mod_ifsession may have added to them. */
void ftps_session_read_options(struct ftps_session *sess);

/* After the control handshake, and after the login: unmaps the keys that are
 * not needed any more.  `sess` may be NULL.
 */
void ftps_session_drop_keys(struct ftps_session *sess);

/* The handshake on the control connection, and what follows from it: notes,
 * environment, move to the virtual host that SNI chose.  0, or -1 with `err`;
 * the connection is of no more use then, and `*is_text_out` says whether the
 * peer sent plain text instead of a handshake.
 */
int ftps_session_accept(struct ftps_session *sess, bool *is_text_out,
    struct ftps_error *err);

/* PROT's level, for us and for the core, which must not use sendfile() on a
 * protected connection.
 */
void ftps_session_set_prot(struct ftps_session *sess, enum ftps_prot prot);

/* close_notify where one is due, and the connections freed. */
void ftps_session_end(void);

#endif /* FTPS_HOST_SESSION_H */
