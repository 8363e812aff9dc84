/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * conn_tag.h: the little that OpenSSL callbacks need to know of a connection.
 *
 * A tag is the first member of struct ftps_conn (conn/conn.h)
 * and hangs at its SSL object by ex_data, so that callbacks set once on a
 * context, which is never changed, find out whether they serve a control or a
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

/* The other server of a transfer between servers.  Where we have connected to
 * it, its certificate must be made out to its address or to the name that
 * belongs to that.  Where it has connected to us, which anybody may do, it must
 * be one of those that the administrator listed (base/peername.h).
 */
struct ftps_conn_peer {
  bool must_be_listed; /* it has connected to us */
  const char *const *listed;
  size_t listed_count;
  const char *address; /* as text */

  /* NULL, or NULL as result: none.  Asked only when the certificate does not
   * have the address, since it may take a while.
   */
  const char *(*find_name)(void *arg);
  void *arg;
};

struct ftps_conn_tag {
  enum ftps_kind kind;

  /* FTPS_TOKEN_SIZE random bytes of this control connection, owned by the
   * FTP session; every ticket it hands out carries them.
   */
  const unsigned char *token;

  /* A data connection that may not do a full handshake; and whether the peer
   * asked for one all the same.
   */
  bool must_resume;
  bool refused_full;

  /* There will be a signature for it: the handshake is finished, so that the
   * client does not take the refusal for a fault of TLS, and reads the reply.
   */
  bool may_finish_full;

  bool has_psk; /* TLS 1.3: what was resumed is a pre-shared key */

  /* Not NULL where this end is the TLS client. */
  const struct ftps_conn_peer *peer;
};

#endif /* FTPS_BASE_CONN_TAG_H */
