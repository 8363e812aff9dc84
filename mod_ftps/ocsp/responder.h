/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * responder.h: which OCSP responders do not answer at the moment.
 *
 * Called by stapling.c, in the daemon.  Hundreds of
 * certificates have the same responder, and only so many questions are on their
 * way at a time: one that is dead would hold up those to all others.  So a
 * responder whose last question brought no response, be it a bad one, gets one
 * at a time, until it answers.
 *
 * A responder is its URL.  It is counted by whoever may ask it.
 */
#ifndef FTPS_OCSP_RESPONDER_H
#define FTPS_OCSP_RESPONDER_H

#include <stdbool.h>

struct ftps_daemon;
struct ftps_responder;

/* One reference; NULL without memory. */
struct ftps_responder *ftps_responder_get1(struct ftps_daemon *daemon,
    const char *url);

/* NULL is allowed. */
void ftps_responder_unref(struct ftps_responder *responder);

const char *ftps_responder_get0_url(const struct ftps_responder *responder);

/* Is another question to it to wait? */
bool ftps_responder_is_spared(const struct ftps_responder *responder);

/* A question is on its way, and is not any more. */
void ftps_responder_begin(struct ftps_responder *responder);
void ftps_responder_end(struct ftps_responder *responder);

/* What came of it (not of one that was given up); or it is to have another
 * chance.
 */
void ftps_responder_note(struct ftps_responder *responder, bool has_answered);

#endif /* FTPS_OCSP_RESPONDER_H */
