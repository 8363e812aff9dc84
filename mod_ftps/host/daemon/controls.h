/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * controls.h: "ftpdctl tls ...".
 *
 * Runs in the daemon, from mod_ctrls's timer.
 *
 *   tls info [-j] | metrics | reload
 *   tls sesscache  info [-v] [-j] | clear | remove
 *   tls ocspcache  info [-v] [-j] | clear | remove
 *
 * TLSControlsACLs says who may use it; without it nobody may.  Each request
 * about a cache needs two permissions: for the cache and for the action.
 *
 * DIAGNOSTICS: if a request fails, the answer is one line with the reason.
 * ftpdctl's own status is 0 then with ProFTPD 1.3.8, and 1 since 1.3.9.
 *
 * Source: doc/contract.md: ftpdctl.
 */
#ifndef FTPS_HOST_DAEMON_CONTROLS_H
#define FTPS_HOST_DAEMON_CONTROLS_H

#include "conf.h"

/* At each init: registers, and clears the permissions of TLSControlsACLs. */
void ftps_controls_start(void);

#endif /* FTPS_HOST_DAEMON_CONTROLS_H */
