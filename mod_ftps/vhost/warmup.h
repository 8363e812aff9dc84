/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * warmup.h: what the library does at its first handshakes, done once in the
 * daemon.
 *
 * Called by vhosts.c when the first contexts have been built.
 * The library looks up algorithms, and allocates what they need, when a
 * handshake asks for them; each session would do that anew in its own
 * memory.  A few handshakes with itself, with a key that is thrown away, leave
 * all of it in pages that sessions share with the daemon.
 *
 * DIAGNOSTICS: none; what does not work here is done by the sessions.
 */
#ifndef FTPS_VHOST_WARMUP_H
#define FTPS_VHOST_WARMUP_H

void ftps_warmup(void);

#endif /* FTPS_VHOST_WARMUP_H */
