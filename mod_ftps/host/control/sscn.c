/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * sscn.c: see sscn.h.
 */
#include "host/control/sscn.h"

#include <string.h>

#include "base/settings.h"
#include "conn/conn.h"
#include "host/control/commands.h"
#include "host/control/policy.h"
#include "host/session.h"
#include "log/log.h"
#include "vhost/vhost.h"

static modret_t *tell_mode(cmd_rec *cmd, const struct ftps_session *sess) {
  pr_response_add(R_200, "SSCN:%s METHOD",
      sess->is_tls_client ? "CLIENT" : "SERVER");
  return PR_HANDLED(cmd);
}

modret_t *ftps_sscn_command(cmd_rec *cmd) {
  struct ftps_session *sess = ftps_session_current();
  const char *mode;

  if (sess == NULL || sess->control == NULL) {
    return PR_DECLINED(cmd);
  }

  if (cmd->argc > 2) {
    return ftps_commands_refuse(cmd, R_504, "SSCN: Invalid argument");
  }

  if (!ftps_policy_allows_sscn(cmd)) {
    return ftps_commands_refuse(cmd, R_550, "SSCN: Operation not permitted");
  }

  if (cmd->argc == 1) {
    return tell_mode(cmd, sess);
  }

  mode = cmd->argv[1];
  if (strcmp(mode, "ON") != 0 && strcmp(mode, "OFF") != 0) {
    return ftps_commands_refuse(cmd, R_501, "SSCN: Invalid argument");
  }

  sess->is_tls_client = strcmp(mode, "ON") == 0;
  ftps_log("SSCN %s: %s on data connections", mode,
      sess->is_tls_client ? "TLS client" : "TLS server");
  return tell_mode(cmd, sess);
}

bool ftps_sscn_is_client(const struct ftps_session *sess) {
  switch (session.curr_cmd_id) {
    case PR_CMD_LIST_ID:
    case PR_CMD_MLSD_ID:
    case PR_CMD_NLST_ID:
      return false;

    default:
      return sess->is_tls_client;
  }
}

/* The core takes a name only if it has this address in turn, and gives the
 * address as text if there is none.
 */
static const char *find_name(void *arg) {
  const pr_netaddr_t *address = arg;
  const char *name = pr_netaddr_get_dnsstr(address);

  return name != NULL && strcmp(name, pr_netaddr_get_ipstr(address)) != 0
      ? name
      : NULL;
}

void ftps_sscn_describe_peer(const struct ftps_session *sess,
    struct ftps_conn_peer *peer_out) {
  const struct ftps_settings *settings =
      ftps_vhost_settings(sess->control->vhost);
  pr_netaddr_t *address =
      pr_netaddr_dup(session.d->pool, session.d->remote_addr);

  if (pr_netaddr_is_v4mappedv6(address) == TRUE) {
    address = pr_netaddr_v6tov4(session.d->pool, address);
  }

  peer_out->address = pr_netaddr_get_ipstr(address);

  /* Below a chroot the resolver reads files that the user may have written. */
  peer_out->find_name = settings->verify_server == FTPS_VERIFY_SERVER_ON &&
          session.chroot_path == NULL
      ? find_name
      : NULL;
  peer_out->arg = address;
}
