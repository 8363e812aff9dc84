/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * start.h: start and end of the TLS side of a session, and its moves from one
 * virtual host to another.
 */
#ifndef FTPS_HOST_CONTROL_START_H
#define FTPS_HOST_CONTROL_START_H

/* In sess_init: unmaps the keys of other addresses and starts the TLS side for
 * main_server.  0 also when its engine is off; -1 when the session must end.
 */
int ftps_session_start(void);

/* After main_server changed (HOST, or SNI). */
int ftps_session_switch(void);

/* Before a command: has a module changed the server's records since?  Costs
 * nothing once the session is protected or logged in.  -1 as above.
 */
int ftps_session_look_again(void);

/* close_notify where one is due, and the connections freed. */
void ftps_session_end(void);

#endif /* FTPS_HOST_CONTROL_START_H */
