/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * vhosts.h: the virtual hosts that use TLS, and their contexts.
 *
 * The daemon owns the list; sessions inherit it by fork and change only their
 * private copy.  Only a successful new build replaces a virtual host: a reload
 * with faulty files keeps the old one in use.
 *
 * Virtual hosts are found by `owner`, an opaque pointer (ProFTPD's server_rec),
 * and across reloads by name, address and port.
 */
#ifndef FTPS_VHOST_VHOSTS_H
#define FTPS_VHOST_VHOSTS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/settings.h"
#include "vhost/vhost.h"

#include "conf.h"

struct ftps_daemon;
struct ftps_keypair_load;

/* Makes the list, once.  Can be called again after a reload. */
void ftps_vhosts_init(struct ftps_daemon *daemon);

/* A new generation: begin, add each server, commit. `p` owns `settings` and is
 * freed with the virtual host.
 */
pool *ftps_vhosts_new_pool(struct ftps_daemon *daemon);
void ftps_vhosts_begin(struct ftps_daemon *daemon);
int ftps_vhosts_add(struct ftps_daemon *daemon, pool *p, const void *owner,
    const struct ftps_settings *settings);

struct ftps_vhosts_faults {
  unsigned int count; /* virtual hosts whose certificate cannot be used, also if
                       * an old one replaces it */
  bool ends_start;    /* mod_tls does not start with one of them */
};

/* Loads keys, builds contexts, swaps. `report` gets one line for each fault and
 * warning.
 */
struct ftps_vhosts_faults ftps_vhosts_commit(struct ftps_daemon *daemon,
    ftps_report report);

/* Instead of a commit: each server that existed before keeps its edition.
 * Others have no context until a later commit.
 */
void ftps_vhosts_keep(struct ftps_daemon *daemon, ftps_report report);

/* The settings in use of the server that existed before with this name, address
 * and port.  Returns NULL if there is none.
 */
const struct ftps_settings *ftps_vhosts_find_old(struct ftps_daemon *daemon,
    const struct ftps_settings *settings);

/* True from the second generation on. */
bool ftps_vhosts_is_restart(struct ftps_daemon *daemon);

/* All of them, by `next`.  Returns NULL if there are none. */
const struct ftps_vhost *ftps_vhosts_get0_first(
    const struct ftps_daemon *daemon);

/* Returns NULL if TLSEngine is off there. */
struct ftps_vhost *ftps_vhosts_find(struct ftps_daemon *daemon,
    const void *owner);

/* Finds what the daemon has prepared for the owner with a section merged into
 * its records (`settings->section`), if its records are these.  Returns NULL if
 * there is nothing.
 */
struct ftps_vhost *ftps_vhosts_find_variant(struct ftps_daemon *daemon,
    const void *owner, uint64_t records);

/* In a session that still has root: builds a virtual host that the daemon has
 * not prepared, because its settings were made when the session started.  From
 * now on ftps_vhosts_find() finds it. `report` gets a line for each fault and
 * warning; after a fault it has no context.  Returns NULL if there is no
 * memory. `p` as above.
 */
struct ftps_vhost *ftps_vhosts_add_late(struct ftps_daemon *daemon, pool *p,
    const void *owner, const struct ftps_settings *settings,
    ftps_report report);

/* Builds a virtual host again if its files have changed.  The result is that of
 * ftps_vhost_refresh().
 */
int ftps_vhosts_refresh(struct ftps_vhost *vhost, struct ftps_error *err);

/* What failed, and took long, is tried again with the next refresh. */
void ftps_vhosts_hurry(struct ftps_daemon *daemon);

/* The same for all; `report` as above.  Returns true if the rest takes too long
 * now: call it again soon.
 */
bool ftps_vhosts_refresh_all(struct ftps_daemon *daemon, ftps_report report);

/* In the daemon: the virtual hosts whose loads have an error are built again
 * with the next refresh, although their files may not have changed.
 */
void ftps_vhosts_try_again(struct ftps_daemon *daemon,
    const struct ftps_keypair_load *loads, size_t n);

/* Calls `report` once for each thing that works now and will cause trouble
 * later.
 */
void ftps_vhosts_advise(struct ftps_daemon *daemon, time_t now,
    ftps_report report);

/* Frees all memory, when the module is unloaded. */
void ftps_vhosts_free(struct ftps_daemon *daemon);

#endif /* FTPS_VHOST_VHOSTS_H */
