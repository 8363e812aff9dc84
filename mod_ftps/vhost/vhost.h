/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * vhost.h: one virtual host that speaks TLS.
 *
 * vhosts.c has it in the daemon's list; a session works on its private copy.
 *
 * A virtual host has an edition in use: settings, key pairs and the finished
 * contexts made from these.  When files change, it is built again from the same
 * settings, while the old one is in use.  If a reload brings settings whose
 * files are faulty, the predecessor's edition stays in use and the new one is
 * wanted: it replaces the old one, with its settings, as soon as its files are
 * good.
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
  const void *owner; /* ProFTPD's server_rec; only compared */
  struct ftps_place place;
  uint64_t records;            /* of the configuration, with any edition in
                                * use */
  struct ftps_edition *used;   /* never NULL; owned */
  struct ftps_edition *wanted; /* owned; NULL: there is no fault */
};

/* `p` owns `settings` and is freed with them. `namesakes`: how many earlier
 * servers have the same name and port.  Returns NULL if there is no memory.
 */
struct ftps_vhost *ftps_vhost_new(struct ftps_daemon *daemon, pool *p,
    const void *owner, const struct ftps_settings *settings,
    unsigned int namesakes);

/* NULL is allowed. */
void ftps_vhost_free(struct ftps_vhost *vhost);

/* Lists the loads that its settings need, FTPS_KEYTYPE_COUNT at most, and
 * records the present stamps of the files.  Returns how many.  `old`: what
 * stays in use if they fail; NULL: nothing.
 */
size_t ftps_vhost_list_loads(struct ftps_vhost *vhost,
    const struct ftps_vhost *old, struct ftps_keypair_load *loads);

/* Makes the contexts of a new virtual host from the loaded pairs.  Returns 0,
 * or -1 with `err` set if it has none.
 */
int ftps_vhost_build(struct ftps_vhost *vhost, struct ftps_keypair_load *loads,
    size_t n, struct ftps_error *err);

/* In a session: the same for a server whose settings the daemon has not
 * prepared.  Key pairs of `base`, which may be NULL, are not read again.
 * `report` gets warnings.
 */
int ftps_vhost_build_late(struct ftps_vhost *vhost,
    const struct ftps_vhost *base, ftps_report report, struct ftps_error *err);

/* After a failed build: uses the edition of its predecessor, which may only be
 * freed after that.  NULL is allowed.
 */
void ftps_vhost_succeed(struct ftps_vhost *faulty, struct ftps_vhost *old);

/* Uses everything that its predecessor has; its own settings are freed. */
void ftps_vhost_continue(struct ftps_vhost *vhost, struct ftps_vhost *old);

/* Nothing could be loaded at all, so it must be tried again soon. */
void ftps_vhost_try_again(struct ftps_vhost *vhost);

/* The same if some of these loads, which may be those of others, have failed.
 */
void ftps_vhost_try_failed(struct ftps_vhost *vhost,
    const struct ftps_keypair_load *loads, size_t n);

/* True if it is the server of these settings: same name, address, port and
 * section.
 */
bool ftps_vhost_is_of(const struct ftps_vhost *vhost,
    const struct ftps_settings *settings);

/* In a session: only the daemon can build it. */
#define FTPS_VHOST_LEFT 2

/* Checks whether files have changed.  Returns 0 if there is nothing to do, 1 if
 * it was built again, FTPS_VHOST_LEFT, or -1 with `err` set: then the old
 * contexts stay.  A fault is logged once, not each time.  In a session an
 * encrypted key is left to the daemon. `is_looked`: ftps_vhost_look() was
 * called just before.
 */
int ftps_vhost_refresh(struct ftps_vhost *vhost, bool is_looked,
    struct ftps_error *err);

/* For many virtual hosts at once. look: checks whether files have changed, or,
 * with `may_retry`, whether a build must be tried again although they have not
 * (`seen`: see stamp.h, the same for all), and returns how many pairs must be
 * loaded. prepare: lists them, in memory that the caller keeps until the end
 * (`is_first`: see keychild.h).
 * Then ftps_vhost_refresh() takes what was loaded.  The last one releases what
 * was loaded and not used.
 */
size_t ftps_vhost_look(struct ftps_vhost *vhost, struct ftps_stamps *seen,
    bool may_retry);
size_t ftps_vhost_prepare(struct ftps_vhost *vhost,
    struct ftps_keypair_load *loads, bool is_first);
void ftps_vhost_unprepare(struct ftps_vhost *vhost);

/* In the daemon: lists the keys whose processes have ended, for other
 * processes; there is room for twice FTPS_KEYTYPE_COUNT.
 */
size_t ftps_vhost_list_lost(const struct ftps_vhost *vhost,
    struct ftps_keypair_load *loads);

/* True if there was no time to load all listed pairs. */
bool ftps_vhost_is_left(const struct ftps_vhost *vhost);

/* Returns NULL if there is no certificate. */
SSL_CTX *ftps_vhost_get0_context(const struct ftps_vhost *vhost);

/* For transfers in which this server is the TLS client.  Returns NULL as above.
 */
SSL_CTX *ftps_vhost_get0_client_context(const struct ftps_vhost *vhost);

const struct ftps_settings *ftps_vhost_settings(const struct ftps_vhost *vhost);

/* Why it has no context, or not the wanted one: the last fault, or "" if there
 * was none since the last success.
 */
const char *ftps_vhost_fault(const struct ftps_vhost *vhost);

/* How many earlier servers have the same name and port. */
unsigned int ftps_vhost_namesakes(const struct ftps_vhost *vhost);
const void *ftps_vhost_owner(const struct ftps_vhost *vhost);

/* Calls `act`, a function like those of keyarea.h, for each secret in use. */
void ftps_vhost_each_slot(const struct ftps_vhost *vhost,
    void (*act)(struct ftps_keyarea *area, size_t slot));

/* In the daemon: removes keys that a process of their own has. */
void ftps_vhost_hide_keys(const struct ftps_vhost *vhost);

/* True if one of its pairs has the same key. */
bool ftps_vhost_has_key(const struct ftps_vhost *vhost,
    const struct ftps_keypair *pair);

/* True if this process can make a full handshake now. */
bool ftps_vhost_can_sign(const struct ftps_vhost *vhost);

/* Reports what works now and will cause trouble later; see advice.h. */
void ftps_vhost_advise(const struct ftps_vhost *vhost, time_t now,
    ftps_report report);

/* Removes the private keys from a connection whose handshake is complete. */
void ftps_vhost_take_keys_back(const struct ftps_vhost *vhost, SSL *ssl);

#endif /* FTPS_VHOST_VHOST_H */
