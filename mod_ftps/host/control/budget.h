/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * budget.h: how many handshakes an address may make without a login, counted
 * over all processes (TLSHandshakeLimit).
 *
 * A handshake costs the server much more than the client, so somebody who makes
 * one after the other and never logs in can use up the processors.  Each
 * handshake is paid in advance.  One that took much CPU time pays more
 * afterwards, and a session that logs in gets all of it back: so clients behind
 * one address do not limit each other as long as they log in.
 *
 * An account is one number, the time at which everything is paid: a handshake
 * moves it on by window / count.  A handshake is refused when that time is more
 * than a window away.  So `count` handshakes may come at once, and then as
 * many in each window.
 *
 * The accounts are in one block of shared memory of a fixed size.  If there are
 * more addresses than places, the one that owes least loses its account.  An
 * IPv6 client has a whole /64, so that counts as one address.  A secret that no
 * client knows chooses the places.
 *
 * Every session can write to the block, so a session that was taken over can
 * write anything.  No account is believed beyond two windows, so what it has
 * written is over by then.
 *
 * Pure: times are arguments, in milliseconds of ftps_clock_ms().
 */
#ifndef FTPS_HOST_CONTROL_BUDGET_H
#define FTPS_HOST_CONTROL_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FTPS_BUDGET_ACCOUNTS 4096U

struct ftps_budget;

/* One address, and what it may do. */
struct ftps_budget_client {
  uint64_t key;         /* ftps_budget_identify() */
  unsigned int count;   /* handshakes in a window; 0: no limit */
  unsigned int seconds; /* a window */
};

/* Makes the block, in the daemon before it forks.  Returns NULL with errno set
 * on failure.
 */
struct ftps_budget *ftps_budget_new(void);

/* Sets the key, for an address of 4 or 16 bytes in network order.  Servers with
 * the same limit count together.  `budget` may be NULL here and below: then
 * nothing is limited.
 */
void ftps_budget_identify(const struct ftps_budget *budget,
    const unsigned char *address, size_t len,
    struct ftps_budget_client *client);

/* Pays for one handshake.  Returns false if it must be refused; then nothing is
 * paid.
 */
bool ftps_budget_take(struct ftps_budget *budget,
    const struct ftps_budget_client *client, uint64_t now);

/* Pays for `units` handshakes more, whatever is left. */
void ftps_budget_add(struct ftps_budget *budget,
    const struct ftps_budget_client *client, unsigned int units, uint64_t now);

/* Gives back what was paid for `units` handshakes. */
void ftps_budget_return(struct ftps_budget *budget,
    const struct ftps_budget_client *client, unsigned int units);

/* How many handshakes more than one this CPU time counts for. */
unsigned int ftps_budget_extra(uint64_t cpu_ms);

/* The same for a signature with an RSA key of so many bits (0: another key).
 * The signer uses its own time for it.
 */
unsigned int ftps_budget_signature(int rsa_bits);

/* True once a minute over all processes: whether somebody may tell the
 * administrator.
 */
bool ftps_budget_may_tell(struct ftps_budget *budget, uint64_t now);

#endif /* FTPS_HOST_CONTROL_BUDGET_H */
