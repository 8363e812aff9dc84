/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * start_order.h: the place among the modules at which sess_init of this module
 * is called.
 *
 * ProFTPD calls sess_init of the module that was loaded last first.  On an
 * implicit port the handshake is made there.  So modules that change the
 * server's records, or that read the header of a proxy from the connection,
 * must come before it.  Modules that may refuse the client must come after it;
 * otherwise their reply is sent in clear.  The place of the LoadModule lines
 * must not matter for this.
 */
#ifndef FTPS_HOST_CONTROL_START_ORDER_H
#define FTPS_HOST_CONTROL_START_ORDER_H

/* In a new session, before any sess_init: moves these modules in ProFTPD's
 * list.  Writes nothing if they are in order.  Only this process sees the
 * change.
 */
void ftps_start_order_fix(void);

#endif /* FTPS_HOST_CONTROL_START_ORDER_H */
