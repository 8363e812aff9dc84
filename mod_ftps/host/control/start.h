/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * start.h: start and end of the TLS side of a session, and its moves from one
 * virtual host to another.
 */
#ifndef FTPS_HOST_CONTROL_START_H
#define FTPS_HOST_CONTROL_START_H

struct ftps_vhost;

/* In sess_init: unmaps the keys of other addresses and starts the TLS side for
 * main_server.  0 also when its engine is off; -1 when the session must end.
 */
int ftps_session_start(void);

/* After main_server changed (HOST, or SNI). */
int ftps_session_switch(void);

/* Picks up renewed files, as long as the process still has root. */
void ftps_session_refresh(struct ftps_vhost *vhost);

/* close_notify where one is due, and the connections freed. */
void ftps_session_end(void);

#endif /* FTPS_HOST_CONTROL_START_H */
