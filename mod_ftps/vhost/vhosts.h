/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * vhosts.h: the virtual hosts that speak TLS, and their contexts.
 *
 * The daemon owns the list; sessions inherit it by fork and
 * change only their private copy.  A virtual host is superseded by a successful
 * new build alone: a restart whose files are bad keeps the old one in use.
 *
 * Virtual hosts are found by `owner`, an opaque pointer (the host's
 * server_rec), and across restarts by name, address and port.
 */
#ifndef FTPS_VHOST_VHOSTS_H
#define FTPS_VHOST_VHOSTS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/settings.h"
#include "vhost/vhost.h"

#include "conf.h"

struct ftps_daemon;

/* Makes the list, once.  Harmless when called again after a restart. */
void ftps_vhosts_init(struct ftps_daemon *daemon);

/* A new generation: begin, add each server, commit.  `p` holds `settings` and
 * goes with the virtual host.
 */
pool *ftps_vhosts_new_pool(struct ftps_daemon *daemon);
void ftps_vhosts_begin(struct ftps_daemon *daemon);
int ftps_vhosts_add(struct ftps_daemon *daemon, pool *p, const void *owner,
    const struct ftps_settings *settings);

/* Loads keys, builds contexts, swaps.  `report` gets one line for each fault
 * and warning.  Returns the number of virtual hosts that have no usable
 * certificate because of a fault, whether or not an old one serves instead.
 */
int ftps_vhosts_commit(struct ftps_daemon *daemon, ftps_report report);

/* Instead of a commit: each server that was there before goes on as it was.
 * Others have no context until a later commit.
 */
void ftps_vhosts_keep(struct ftps_daemon *daemon, ftps_report report);

/* Settings in use of the server that was there before under this name, address
 * and port; NULL: none.
 */
const struct ftps_settings *ftps_vhosts_find_old(struct ftps_daemon *daemon,
    const struct ftps_settings *settings);

/* True from the second generation on. */
bool ftps_vhosts_is_restart(struct ftps_daemon *daemon);

/* All of them, by `next`; NULL: none. */
const struct ftps_vhost *ftps_vhosts_get0_first(
    const struct ftps_daemon *daemon);

/* NULL: TLSEngine off there. */
struct ftps_vhost *ftps_vhosts_find(struct ftps_daemon *daemon,
    const void *owner);

/* What the daemon has prepared for the owner with a section merged into its
 * records (`settings->section`), so that they are these.  NULL: nothing.
 */
struct ftps_vhost *ftps_vhosts_find_variant(struct ftps_daemon *daemon,
    const void *owner, uint64_t records);

/* In a session that still has root: builds what the daemon has not prepared,
 * because its settings came into being when the session started.  From now on
 * ftps_vhosts_find() finds it.  `report` gets a line for each fault and
 * warning; after a fault it has no context.  NULL without memory.  `p` as
 * above.
 */
struct ftps_vhost *ftps_vhosts_add_late(struct ftps_daemon *daemon, pool *p,
    const void *owner, const struct ftps_settings *settings,
    ftps_report report);

/* Rebuilds a virtual host whose files changed: 0 nothing to do, 1 done, -1
 * and `err`: the old context stays.  A fault is told once, not each time.  In
 * a session an encrypted key is left to the daemon.
 */
int ftps_vhosts_refresh(struct ftps_vhost *vhost, struct ftps_error *err);

/* The same for all; `report` as above.  True: the rest takes too long for once,
 * call again soon.
 */
bool ftps_vhosts_refresh_all(struct ftps_daemon *daemon, ftps_report report);

/* One line to `report` for each thing that works and will bite later. */
void ftps_vhosts_advise(struct ftps_daemon *daemon, time_t now,
    ftps_report report);

/* All memory, at module unload. */
void ftps_vhosts_free(struct ftps_daemon *daemon);

#endif /* FTPS_VHOST_VHOSTS_H */
