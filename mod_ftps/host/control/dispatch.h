/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * dispatch.h: commands that the client did not send, for modules that listen to
 * them.
 */
#ifndef FTPS_HOST_CONTROL_DISPATCH_H
#define FTPS_HOST_CONTROL_DISPATCH_H

#include <stdbool.h>

#include "host/session.h"

#include "conf.h"

/* POST_CMD of the command `name` with one argument, and LOG_CMD if
 * `is_logged`.  `class` is its CL_* value.
 */
void ftps_dispatch(const char *name, const char *value, int class,
    bool is_logged);

/* Sets PROT's level, for us and for ProFTPD, which must not use sendfile() on a
 * protected connection.
 */
void ftps_session_set_prot(struct ftps_session *sess, enum ftps_prot prot);

#endif /* FTPS_HOST_CONTROL_DISPATCH_H */
