/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * revive.h: reads the keys again whose processes somebody has ended.
 */
#ifndef FTPS_NAMED_REVIVE_H
#define FTPS_NAMED_REVIVE_H

#include "base/error.h"

struct ftps_daemon;

/* In the daemon: starts the processes again, with the keys of all servers and
 * of all names.
 */
void ftps_named_revive(struct ftps_daemon *daemon, ftps_report report);

#endif /* FTPS_NAMED_REVIVE_H */
