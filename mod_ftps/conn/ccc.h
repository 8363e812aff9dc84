/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * ccc.h: the control connection goes back to clear text (CCC).
 *
 * Called by host/control/ccc.c and host/netio.c.  A released connection
 * keeps its TLS session, for data connections to belong to.
 *
 * The server sends the 200, waits until something comes from the client, a
 * second at most, and then sends its close_notify.  All clients that were tried
 * take this order.  lftp takes a close_notify that it reads together with the
 * 200 for the end of the connection.  Others (curl with passive CCC) wait for
 * the server's close_notify and send nothing before it.
 *
 * What is sent is in clear behind that close_notify.  What is received is in
 * clear as soon as the client has sent its own close_notify, or its first byte
 * in clear without one (not all clients send it).  The two cannot be confused:
 * TLS records begin with a byte from 20 to 23, FTP commands never do.  The
 * client's close_notify may come as late as it likes, and the command behind
 * it, even in the same segment, is not swallowed: the library reads exactly one
 * record, because it does not read ahead on control connections.  Commands that
 * the client had sent under TLS behind its CCC are still read under TLS.
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

/* How long close_notify waits for the client's answer to the 200, in
 * milliseconds.  Clients that wait for it without an answer wait as long.
 */
#define FTPS_CCC_WAIT_MS 1000

/* To be called after the reply to CCC has been sent: waits for the client's
 * answer, but not for long, and sends close_notify.  The state is
 * FTPS_CONN_RELEASED afterwards.
 */
void ftps_ccc_start(struct ftps_conn *control);

/* Is what comes next on a released connection a TLS record?  Waits for it.
 * When not, it and all that follows is in clear, or the end.
 */
bool ftps_ccc_is_record_next(struct ftps_conn *control);

#endif /* FTPS_CONN_CCC_H */
