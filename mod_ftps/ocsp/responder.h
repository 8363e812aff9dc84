/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * responder.h: which OCSP responders do not answer at the moment.
 *
 * For stapling.c, in the daemon.  Hundreds of certificates may have the same
 * responder, and the number of open requests is limited, so a dead responder
 * would delay the requests to all others.  So if the last request to a
 * responder brought no response, not even a bad one, only one request runs to
 * it at a time, until it answers.
 *
 * A responder is its URL.  Each of its users holds a reference.
 */
#ifndef FTPS_OCSP_RESPONDER_H
#define FTPS_OCSP_RESPONDER_H

#include <stdbool.h>

struct ftps_daemon;
struct ftps_responder;

/* Returns a reference, or NULL if there is no memory. */
struct ftps_responder *ftps_responder_get1(struct ftps_daemon *daemon,
    const char *url);

/* NULL is allowed. */
void ftps_responder_unref(struct ftps_responder *responder);

const char *ftps_responder_get0_url(const struct ftps_responder *responder);

/* True if another request to it has to wait. */
bool ftps_responder_is_spared(const struct ftps_responder *responder);

/* A request has begun, or has ended. */
void ftps_responder_begin(struct ftps_responder *responder);
void ftps_responder_end(struct ftps_responder *responder);

/* Records the result of a request (not of one that was given up), or gives the
 * responder another chance.
 */
void ftps_responder_note(struct ftps_responder *responder, bool has_answered);

#endif /* FTPS_OCSP_RESPONDER_H */
