/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * sendfile.c: see sendfile.h.
 */
#include "host/data/sendfile.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/daemon.h"
#include "base/settings.h"
#include "conn/conn.h"
#include "host/session.h"
#include "log/log.h"

#include "conf.h"

/* Without a connection the call always fails, but with different errors.  The
 * first call makes the kernel load its module, if the daemon is root.
 */
static bool ask_kernel(void) {
  static const char protocol[] = "tls";
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int res, xerrno;

  if (fd < 0) {
    return false;
  }

  res = setsockopt(fd, IPPROTO_TCP, TCP_ULP, protocol, sizeof(protocol));
  xerrno = errno;
  (void) close(fd);
  return res == 0 || xerrno == ENOTCONN;
}

void ftps_sendfile_prepare(const struct ftps_settings *settings) {
  struct ftps_daemon *daemon = ftps_daemon_get0();

  if (daemon->is_kernel_asked ||
      (settings->possible_options & FTPS_OPT_KERNEL_TLS) == 0) {
    return;
  }

  daemon->is_kernel_asked = true;
  daemon->is_kernel_able = ask_kernel();
  if (!daemon->is_kernel_able) {
    ftps_log_admin(PR_LOG_NOTICE,
        "TLSOptions KernelTLS: this kernel makes no TLS records (is its module "
        "\"tls\" missing?); they are made in user space");
  }
}

bool ftps_sendfile_is_possible(void) {
  return ftps_daemon_get0()->is_kernel_able;
}

/* mod_xfer learns PROT's level by this handler.  Other handlers, which count
 * commands, need not be called.
 */
static cmdtable *find_handler(void) {
  int index = -1;
  unsigned int hash = 0;
  cmdtable *entry =
      pr_stash_get_symbol2(PR_SYM_CMD, C_PROT, NULL, &index, &hash);

  while (entry != NULL &&
      (entry->cmd_type != POST_CMD || strcmp(entry->m->name, "xfer") != 0)) {
    entry = pr_stash_get_symbol2(PR_SYM_CMD, C_PROT, entry, &index, &hash);
  }

  return entry;
}

static void tell(const char *level) {
  cmdtable *entry = find_handler();
  pool *p;
  cmd_rec *cmd;

  if (entry != NULL) {
    p = make_sub_pool(session.pool);
    cmd = pr_cmd_alloc(p, 2, pstrdup(p, C_PROT), pstrdup(p, level));
    (void) pr_module_call(entry->m, entry->handler, cmd);
    destroy_pool(p);
  }
}

void ftps_sendfile_allow(struct ftps_session *sess,
    const struct ftps_conn *conn) {
  if (ftps_conn_is_in_kernel(conn)) {
    sess->may_sendfile = true;
    tell("C");
  }
}

void ftps_sendfile_forbid(struct ftps_session *sess) {
  if (sess->may_sendfile) {
    tell("P");
    sess->may_sendfile = false;
  }
}
