/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * permit.h: what a session may request from the signer.
 *
 * A session writes its permit when it starts, before it has read a byte of the
 * client: its process number, and the places at which it can become a server.
 * The permit is authenticated with a secret of the daemon, which the session
 * unmaps right after that.  So it can send the permit again, to a new signer,
 * and can never write another one.
 *
 * The secret is a page of a key area.  The daemon and the signers have it.
 */
#ifndef FTPS_KEYS_SIGNER_PERMIT_H
#define FTPS_KEYS_SIGNER_PERMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/settings.h"

#define FTPS_PERMIT_MAC_SIZE 32
#define FTPS_PERMIT_PLACES   2

struct ftps_daemon;

struct ftps_permit {
  pid_t pid;
  unsigned int is_trial; /* the daemon's own: not counted */
  struct ftps_place here[FTPS_PERMIT_PLACES];
  unsigned char mac[FTPS_PERMIT_MAC_SIZE];
};

/* In the daemon: makes the secret, once.  Returns 0, or -1 with `err` set. */
int ftps_permit_prepare(struct ftps_daemon *daemon, struct ftps_error *err);

/* Marks the page of the secret as needed (keyarea.h). */
void ftps_permit_mark(const struct ftps_daemon *daemon);

/* Return 0, or -1 if the secret is not here.  The first one is for the daemon,
 * which the signer does not count, and for no server if `place` is NULL; the
 * other is for this process, which does not have the secret from then on.
 */
int ftps_permit_write_trial(const struct ftps_daemon *daemon,
    const struct ftps_place *place, struct ftps_permit *permit);
int ftps_permit_write_own(struct ftps_daemon *daemon,
    const struct ftps_place *places, size_t n);

/* True if this process wrote it, with the secret. */
bool ftps_permit_is_valid(const struct ftps_daemon *daemon,
    const struct ftps_permit *permit, pid_t pid);

/* True if it allows a server at this place. */
bool ftps_permit_admits(const struct ftps_permit *permit,
    const struct ftps_place *place);

/* Returns NULL if this process has not written one. */
const struct ftps_permit *ftps_permit_get0_own(
    const struct ftps_daemon *daemon);

#endif /* FTPS_KEYS_SIGNER_PERMIT_H */
