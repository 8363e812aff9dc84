/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * events.h: the events in the life of daemon and session for which we listen.
 */
#ifndef FTPS_HOST_DAEMON_EVENTS_H
#define FTPS_HOST_DAEMON_EVENTS_H

#include <stdbool.h>

/* In init, first: listens to what ProFTPD logs while it reads the
 * configuration.
 */
void ftps_events_hear(void);

/* In init: the listeners of the daemon. `has_replaced`: the real mod_tls still
 * listens as well.
 */
void ftps_events_listen(bool has_replaced);

/* In sess_init: the listeners of a session. */
void ftps_events_listen_session(void);

/* For each certificate in a client's chain; `error` is an X509_V_* value. */
void ftps_events_client_verified(int error);

#endif /* FTPS_HOST_DAEMON_EVENTS_H */
