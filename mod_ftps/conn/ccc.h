/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ccc.h: the control connection goes back to clear text (CCC).
 *
 * A released connection keeps its TLS session, to which data connections
 * belong.
 *
 * The server sends the 200, waits until the client sends something, a second at
 * most, and then sends its close_notify.  All clients that were tested accept
 * this order. lftp takes a close_notify that it reads together with the 200 for
 * the end of the connection.  Others (curl with passive CCC) wait for the
 * server's close_notify and send nothing before it.
 *
 * The server sends in clear after its close_notify.  It receives in clear as
 * soon as the client has sent its own close_notify, or its first byte in clear
 * without one (not all clients send it).  The two differ: TLS records begin
 * with a byte from 20 to 23, FTP commands never do.  The client's close_notify
 * may come at any time, and a command after it, even in the same segment, is
 * not lost: the library reads exactly one record, because it does not read
 * ahead on control connections.  Commands that the client sent under TLS after
 * its CCC are still read under TLS.
 *
 * Source: RFC 4217, section 8 (CCC) and 12.3.
 */
#ifndef FTPS_CONN_CCC_H
#define FTPS_CONN_CCC_H

#include <stdbool.h>

struct ftps_conn;

/* How many tickets a TLS 1.3 client gets before the connection is released,
 * because none can be sent later.  Clients with OpenSSL use one with each data
 * connection; others use the same one again and again.
 */
#define FTPS_CCC_TICKETS 16

/* Call this before the reply to CCC is sent: the tickets are sent with it. */
void ftps_ccc_send_tickets(struct ftps_conn *control);

/* How long close_notify waits for the client's answer to the 200, in
 * milliseconds.  A client that waits for close_notify without an answer waits
 * as long.
 */
#define FTPS_CCC_WAIT_MS 1000

/* Call this after the reply to CCC has been sent: it waits for the client's
 * answer, but not for long, and sends close_notify.  After that the state is
 * FTPS_CONN_RELEASED.
 */
void ftps_ccc_start(struct ftps_conn *control);

/* True if the next bytes on a released connection are a TLS record.  Waits for
 * them.  Otherwise they and all bytes after them are in clear, or the end.
 */
bool ftps_ccc_is_record_next(struct ftps_conn *control);

#endif /* FTPS_CONN_CCC_H */
