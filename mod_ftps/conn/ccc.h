/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * ccc.h: the control connection goes back to clear text (CCC).
 *
 * Called by host/control/ccc.c and host/netio.c.  A released connection
 * keeps its TLS session, for data connections to belong to.
 *
 * What is sent is in clear at once, behind a close_notify.  What is received is
 * in clear as soon as the client has sent its own close_notify, or its first
 * byte in clear without one (not all clients send it).  The two cannot be
 * confused: TLS records begin with a byte from 20 to 23, FTP commands never do.
 * Nothing is waited for, so a close_notify may come as late as it likes, and
 * the command behind it, even in the same segment, is not swallowed: the
 * library reads exactly one record, because it does not read ahead on control
 * connections.  Commands that the client had sent under TLS behind its CCC are
 * still read under TLS.
 *
 * RFC 4217, section 8 (CCC) and 12.3.
 */
#ifndef FTPS_CONN_CCC_H
#define FTPS_CONN_CCC_H

#include <stdbool.h>

struct ftps_conn;

/* How many tickets a TLS 1.3 client gets before the connection is released,
 * since none can be sent after that.  Clients on OpenSSL spend one with each
 * data connection; others use the same one again and again.
 */
#define FTPS_CCC_TICKETS 16

/* To be called before the reply to CCC is sent: the tickets go with it. */
void ftps_ccc_send_tickets(struct ftps_conn *control);

/* close_notify; the state is FTPS_CONN_RELEASED afterwards. */
void ftps_ccc_start(struct ftps_conn *control);

/* Is what comes next on a released connection a TLS record?  Waits for it.
 * When not, it and all that follows is in clear, or the end.
 */
bool ftps_ccc_is_record_next(struct ftps_conn *control);

#endif /* FTPS_CONN_CCC_H */
