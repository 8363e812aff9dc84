/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * vhost.h: one virtual host that speaks TLS.
 *
 * Kept in the daemon's list by vhosts.c; a session works on
 * its private copy of it.
 *
 * A virtual host has an edition in use: settings, key pairs and the finished
 * contexts that these made.  When files change, it is built anew, aside, from
 * the same settings.  When a restart brings settings whose files are
 * faulty, the predecessor's edition stays in use and the new one is wanted: it
 * takes its place, settings and all, as soon as its files are good.
 *
 * The caller has root.
 */
#ifndef FTPS_VHOST_VHOST_H
#define FTPS_VHOST_VHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/settings.h"

#include "conf.h"

struct ftps_daemon;
struct ftps_edition;
struct ftps_keyarea;
struct ftps_keypair;
struct ftps_keypair_load;
struct ftps_stamps;

struct ftps_vhost {
  struct ftps_vhost *next;
  const void *owner; /* the host's server_rec; never looked into */
  struct ftps_place place;
  uint64_t records;            /* of the configuration, whatever is in use */
  struct ftps_edition *used;   /* never NULL; owned */
  struct ftps_edition *wanted; /* owned; NULL: nothing is wrong */
};

/* `p` holds `settings` and goes with them.  `namesakes`: how many servers of
 * the same name and port stand before it.  NULL without memory.
 */
struct ftps_vhost *ftps_vhost_new(struct ftps_daemon *daemon, pool *p,
    const void *owner, const struct ftps_settings *settings,
    unsigned int namesakes);

/* NULL is allowed. */
void ftps_vhost_free(struct ftps_vhost *vhost);

/* Fills in what its settings want loaded, FTPS_KEYTYPE_COUNT at most, and notes
 * how the files look now; returns how many.
 */
size_t ftps_vhost_list_loads(struct ftps_vhost *vhost,
    struct ftps_keypair_load *loads);

/* Makes the contexts of a new virtual host from what was loaded.  -1 and `err`:
 * it has none.
 */
int ftps_vhost_build(struct ftps_vhost *vhost, struct ftps_keypair_load *loads,
    size_t n, struct ftps_error *err);

/* In a session: the same for a server whose settings the daemon has not
 * prepared.  Key pairs that `base` has, which may be NULL, are not read again.
 * `report` gets warnings.
 */
int ftps_vhost_build_late(struct ftps_vhost *vhost,
    const struct ftps_vhost *base, ftps_report report, struct ftps_error *err);

/* After a failed build: goes on with the edition of its predecessor, which must
 * not be used any more but to be freed.  NULL is allowed.
 */
void ftps_vhost_succeed(struct ftps_vhost *faulty, struct ftps_vhost *old);

/* Goes on with all that its predecessor has; its own settings are freed. */
void ftps_vhost_continue(struct ftps_vhost *vhost, struct ftps_vhost *old);

/* Nothing could be loaded at all: to be tried again soon. */
void ftps_vhost_try_again(struct ftps_vhost *vhost);

/* Is it the server of these settings: same name, address, port,
 * section? */
bool ftps_vhost_is_of(const struct ftps_vhost *vhost,
    const struct ftps_settings *settings);

/* Looks whether files changed: 0 nothing to do, 1 rebuilt, -1 and `err`: the
 * old contexts stay.  A fault is told once, not each time.  In a session an
 * encrypted key is left to the daemon.  `is_looked`: ftps_vhost_look() has just
 * been called.
 */
int ftps_vhost_refresh(struct ftps_vhost *vhost, bool is_looked,
    struct ftps_error *err);

/* For many at once: looks whether files changed (`seen`: see stamp.h, the same
 * for all), and says how many pairs are to be loaded; lists them, in memory
 * that the caller keeps until the end; lets go of what was loaded and not used.
 * ftps_vhost_refresh() in between takes what has been loaded.
 */
size_t ftps_vhost_look(struct ftps_vhost *vhost, struct ftps_stamps *seen);
size_t ftps_vhost_prepare(struct ftps_vhost *vhost,
    struct ftps_keypair_load *loads);
void ftps_vhost_unprepare(struct ftps_vhost *vhost);

/* Was there no time to load all of what was listed? */
bool ftps_vhost_is_left(const struct ftps_vhost *vhost);

/* NULL: no certificate. */
SSL_CTX *ftps_vhost_get0_context(const struct ftps_vhost *vhost);

/* For transfers in which this server is the TLS client; NULL as above. */
SSL_CTX *ftps_vhost_get0_client_context(const struct ftps_vhost *vhost);

const struct ftps_settings *ftps_vhost_settings(const struct ftps_vhost *vhost);

/* Why it has no context: the last fault, "" when there was none. */
const char *ftps_vhost_fault(const struct ftps_vhost *vhost);

/* How many servers of the same name and port stand before it. */
unsigned int ftps_vhost_namesakes(const struct ftps_vhost *vhost);
const void *ftps_vhost_owner(const struct ftps_vhost *vhost);

/* Calls `act`, a function like those of keyarea.h, for each secret in use. */
void ftps_vhost_each_slot(const struct ftps_vhost *vhost,
    void (*act)(struct ftps_keyarea *area, size_t slot));

/* In the daemon: forgets keys that a process of their own has. */
void ftps_vhost_hide_keys(const struct ftps_vhost *vhost);

/* Could this process do a full handshake now? */
bool ftps_vhost_can_sign(const struct ftps_vhost *vhost);

/* What will bite later in the settings and files in use; see advice.h. */
void ftps_vhost_advise(const struct ftps_vhost *vhost, time_t now,
    ftps_report report);

/* Takes the private keys out of a connection whose handshake is done. */
void ftps_vhost_take_keys_back(const struct ftps_vhost *vhost, SSL *ssl);

#endif /* FTPS_VHOST_VHOST_H */
