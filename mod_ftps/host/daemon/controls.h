/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * controls.h: "ftpdctl tls ...".
 *
 * Runs in the daemon, from mod_ctrls's timer.
 *
 *   tls sesscache  info [-v] [-j] | clear | remove
 *   tls ocspcache  info [-v] [-j] | clear | remove
 *
 * TLSControlsACLs says who may; nobody may otherwise.  Each needs two
 * permissions: for the cache and for what is done to it.
 *
 * DIAGNOSTICS: whatever cannot be done is answered with one line that says why;
 * ftpdctl's own status is 0 all the same.
 *
 * Source: contract section 6, issue 4.
 */
#ifndef FTPS_HOST_DAEMON_CONTROLS_H
#define FTPS_HOST_DAEMON_CONTROLS_H

#include "conf.h"

/* At each init: registers, and forgets what TLSControlsACLs said. */
void ftps_controls_start(void);

#endif /* FTPS_HOST_DAEMON_CONTROLS_H */
