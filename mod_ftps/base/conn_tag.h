/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * conn_tag.h: what OpenSSL callbacks need to know of a connection.
 *
 * A tag is the first member of struct ftps_conn (conn/conn.h), and is attached
 * to its SSL object by ex_data.  Callbacks are set once on a context, which
 * never changes; by the tag they find out whether they serve a control or a
 * data connection.
 */
#ifndef FTPS_BASE_CONN_TAG_H
#define FTPS_BASE_CONN_TAG_H

#include <stdbool.h>
#include <stddef.h>

#define FTPS_TOKEN_SIZE 32

enum ftps_kind {
  FTPS_KIND_CONTROL,
  FTPS_KIND_DATA
};

/* The other server of a transfer between two servers.  If we have connected to
 * it, its certificate must have its address, or the name of that address.  If
 * it has connected to us, which anybody can do, its certificate must match the
 * list of the administrator (base/peername.h).
 */
struct ftps_conn_peer {
  bool must_be_listed; /* it has connected to us */
  const char *const *listed;
  size_t listed_count;
  const char *address; /* as text */

  /* May be NULL, and may return NULL: no name.  Called only if the certificate
   * does not have the address, because it may take a while.
   */
  const char *(*find_name)(void *arg);
  void *arg;
};

struct ftps_conn_tag {
  enum ftps_kind kind;

  /* FTPS_TOKEN_SIZE random bytes of this control connection, owned by the FTP
   * session; every ticket that it sends contains them.
   */
  const unsigned char *token;

  /* A data connection that may not make a full handshake; and whether the peer
   * tried one.
   */
  bool must_resume;
  bool refused_full;

  /* There will be a signature for it: the handshake is finished, so that the
   * client does not take the refusal for a fault of TLS, and reads the reply.
   */
  bool may_finish_full;

  bool has_renegotiated; /* it has tried, and this was logged */

  bool has_psk; /* TLS 1.3: what was resumed is a pre-shared key */

  /* Not NULL if this end is the TLS client. */
  const struct ftps_conn_peer *peer;
};

#endif /* FTPS_BASE_CONN_TAG_H */
