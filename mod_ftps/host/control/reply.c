/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * reply.c: see reply.h.
 */
#include "host/control/reply.h"

#include <errno.h>

modret_t *ftps_reply_refuse(cmd_rec *cmd, const char *code, const char *text) {
  pr_response_add_err(code, "%s", text);
  pr_cmd_set_errno(cmd, EPERM);
  errno = EPERM;
  return PR_ERROR(cmd);
}
