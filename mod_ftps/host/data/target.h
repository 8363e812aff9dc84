/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * target.h: what a transfer is about, by the words of its command, and what is
 * required for that.
 *
 * Limits: a listing that may descend (-R, or a wildcard before a slash) is
 * subject to every <Directory> that it may reach; .ftpaccess files below the
 * point where it starts are not searched for.  host/data/clear.h sees what it
 * reaches in fact.
 */
#ifndef FTPS_HOST_DATA_TARGET_H
#define FTPS_HOST_DATA_TARGET_H

#include "host/config/require.h"

#include "conf.h"

/* The data requirement around one path of the session. */
typedef enum ftps_require (*ftps_target_look_up)(pool *p, const char *path);

/* The data requirement of the sections that a transfer is about. */
enum ftps_require ftps_target_required(cmd_rec *cmd,
    ftps_target_look_up look_up);

#endif /* FTPS_HOST_DATA_TARGET_H */
