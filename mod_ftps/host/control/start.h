/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * start.h: start and end of the TLS side of a session, and its moves from one
 * virtual host to another.
 */
#ifndef FTPS_HOST_CONTROL_START_H
#define FTPS_HOST_CONTROL_START_H

/* In sess_init: unmaps the keys of other addresses and starts the TLS side for
 * main_server.  Returns 0, also if its engine is off, or -1 if the session must
 * end.
 */
int ftps_session_start(void);

/* After main_server has changed (HOST, or SNI). */
int ftps_session_switch(void);

/* Before a command: checks whether a module has changed the server's records.
 * Costs nothing after the session is protected or logged in.  Returns -1 as
 * above.
 */
int ftps_session_look_again(void);

/* Sends close_notify if it is due, and frees the connections. */
void ftps_session_end(void);

#endif /* FTPS_HOST_CONTROL_START_H */
