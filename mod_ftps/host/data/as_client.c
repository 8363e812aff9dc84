/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * as_client.c: see as_client.h.
 */
#include "host/data/as_client.h"

#include <string.h>

#include "base/settings.h"
#include "conn/conn.h"
#include "host/session.h"
#include "vhost/vhost.h"

#include "conf.h"

bool ftps_data_is_client(const struct ftps_session *sess) {
  switch (session.curr_cmd_id) {
    case PR_CMD_LIST_ID:
    case PR_CMD_MLSD_ID:
    case PR_CMD_NLST_ID:
      return false;

    default:
      return sess->is_tls_client;
  }
}

/* Anybody can connect to the port. */
static bool is_passive(void) {
  return (session.sf_flags & (SF_PASSIVE | SF_EPSV_ALL)) != 0;
}

int ftps_data_check_listening(const struct ftps_session *sess,
    struct ftps_error *err) {
  const struct ftps_settings *settings =
      ftps_vhost_settings(sess->control->vhost);

  if (!sess->is_tls_client || settings->transfer_servers.count > 0) {
    return 0;
  }

  ftps_error_refuse(err, FTPS_REFUSAL_SSCN_LISTENING, NULL);
  return -1;
}

int ftps_data_check_peer(const struct ftps_session *sess,
    struct ftps_error *err) {
  return is_passive() ? ftps_data_check_listening(sess, err) : 0;
}

/* ProFTPD accepts a name only if it resolves to this address, and returns the
 * address as text if there is none.
 */
static const char *find_name(void *arg) {
  const pr_netaddr_t *address = arg;
  const char *name = pr_netaddr_get_dnsstr(address);

  return name != NULL && strcmp(name, pr_netaddr_get_ipstr(address)) != 0
      ? name
      : NULL;
}

void ftps_data_describe_peer(const struct ftps_session *sess,
    struct ftps_conn_peer *peer_out) {
  const struct ftps_settings *settings =
      ftps_vhost_settings(sess->control->vhost);
  pr_netaddr_t *address =
      pr_netaddr_dup(session.d->pool, session.d->remote_addr);

  peer_out->must_be_listed = is_passive();
  peer_out->listed = settings->transfer_servers.texts;
  peer_out->listed_count = settings->transfer_servers.count;

  if (pr_netaddr_is_v4mappedv6(address) == TRUE) {
    address = pr_netaddr_v6tov4(session.d->pool, address);
  }

  peer_out->address = pr_netaddr_get_ipstr(address);

  /* In a chroot the resolver reads files that the user may have written. */
  peer_out->find_name = settings->verify_server == FTPS_VERIFY_SERVER_ON &&
          session.chroot_path == NULL
      ? find_name
      : NULL;
  peer_out->arg = address;
}
