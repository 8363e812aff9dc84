/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * target.h: the target of a transfer, from the words of its command, and the
 * requirement for it.
 *
 * Limits: for a listing that may descend (-R, or a wildcard before a slash),
 * every <Directory> that it may reach counts; .ftpaccess files below its start
 * are not searched for. host/data/clear.h checks what it really reaches.
 */
#ifndef FTPS_HOST_DATA_TARGET_H
#define FTPS_HOST_DATA_TARGET_H

#include "host/config/require.h"

#include "conf.h"

/* The data requirement for one path of the session. */
typedef enum ftps_require (*ftps_target_look_up)(pool *p, const char *path);

/* The data requirement of the sections that apply to a transfer. */
enum ftps_require ftps_target_required(cmd_rec *cmd,
    ftps_target_look_up look_up);

#endif /* FTPS_HOST_DATA_TARGET_H */
