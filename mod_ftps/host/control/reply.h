/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * reply.h: refusals of commands.
 */
#ifndef FTPS_HOST_CONTROL_REPLY_H
#define FTPS_HOST_CONTROL_REPLY_H

#include "conf.h"

#define FTPS_REPLY_UNWILLING "Unwilling to accept security parameters"

/* An error reply; errno is EPERM. */
modret_t *ftps_reply_refuse(cmd_rec *cmd, const char *code, const char *text);

#endif /* FTPS_HOST_CONTROL_REPLY_H */
