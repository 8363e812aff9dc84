/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * start_order.h: at which place among the modules a session is initialised.
 *
 * ProFTPD calls sess_init of the module that was loaded last first.  On an
 * implicit port the handshake is made there.  So modules that change the
 * server's records, or read from the connection what a proxy sends ahead, must
 * come before it; and those that may refuse the client must come after it, or
 * their reply goes out in clear.  Where the LoadModule lines stand shall not
 * matter for that.
 */
#ifndef FTPS_HOST_CONTROL_START_ORDER_H
#define FTPS_HOST_CONTROL_START_ORDER_H

/* In a new session, before any sess_init: moves these modules in ProFTPD's
 * list.  Writes nothing where they are in order.  Only this process sees the
 * change.
 */
void ftps_start_order_fix(void);

#endif /* FTPS_HOST_CONTROL_START_ORDER_H */
