/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_proxy_protocol.c: stands for the module of that name, which Debian 12
 * does not have.  It does what matters for the order of modules: when a session
 * is initialised, it reads one line of the PROXY protocol from the connection,
 * in clear, and takes the client's address from it.  Built and loaded by
 * t/24-start-order.t.
 */
#include "conf.h"

extern module proxy_protocol_module;

static int start_session(void) {
  char line[108], address[64];
  size_t len = 0;

  while (len < sizeof(line) - 1 && read(session.c->rfd, line + len, 1) == 1 &&
      line[len++] != '\n') {
  }

  line[len] = '\0';
  if (sscanf(line, "PROXY TCP4 %63s", address) != 1) {
    errno = EINVAL;
    return -1;
  }

  session.c->remote_addr = pr_netaddr_get_addr(session.c->pool, address, NULL);
  pr_netaddr_set_sess_addrs();
  session.conn_class = pr_class_match_addr(session.c->remote_addr);
  return 0;
}

module proxy_protocol_module = { NULL, NULL, 0x20, "proxy_protocol", NULL, NULL,
  NULL, NULL, start_session, "mod_proxy_protocol/0.0", NULL, 0 };
