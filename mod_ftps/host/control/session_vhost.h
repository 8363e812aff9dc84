/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * session_vhost.h: which virtual host a session uses for a server.
 *
 * Nearly always it is the one that the daemon has prepared.  But other modules
 * make servers and settings when a session starts: mod_autohost reads a server
 * from a file, mod_ifsession merges <IfClass> sections into the server's
 * records.  Then the session reads the settings again and builds the contexts
 * itself, as root and by the rules of the daemon.
 *
 * Its cost if nothing differs: one pass through the server's records.
 *
 * DIAGNOSTICS: a fault goes to the system log and to the TLSLog of the new
 * settings, a warning to the TLSLog alone, because it would come again with
 * each session.  After a fault the virtual host has no context: AUTH gets 431,
 * and TLSRequired is enforced.
 */
#ifndef FTPS_HOST_CONTROL_SESSION_VHOST_H
#define FTPS_HOST_CONTROL_SESSION_VHOST_H

#include <stdbool.h>

#include "conf.h"

struct ftps_vhost;

/* Finds the virtual host of `s`, with the present files; builds it if the
 * daemon has not prepared it. `*vhost_out` is NULL if TLSEngine is off.
 * Returns 0, or -1 if there is no memory: then the session must end.  Before
 * the login only.
 */
int ftps_session_vhost_find(server_rec *s, struct ftps_vhost **vhost_out);

/* True if the records of `s` have changed since `vhost` was made from them.
 * NULL: since its TLSEngine was off.
 */
bool ftps_session_vhost_is_stale(const struct ftps_vhost *vhost,
    const server_rec *s);

#endif /* FTPS_HOST_CONTROL_SESSION_VHOST_H */
