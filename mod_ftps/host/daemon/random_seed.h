/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * random_seed.h: TLSRandomSeed: files whose bytes are added to the random
 * number generator when the daemon starts, and that get new ones when it ends.
 *
 * Called by host/daemon/events.c, in the daemon only.  OpenSSL seeds
 * itself from the system all the same; what a file says is only added.
 *
 * DIAGNOSTICS: a file that cannot be read or written is told to the
 * administrator, but for one that is not there yet; the daemon goes on.
 */
#ifndef FTPS_HOST_DAEMON_RANDOM_SEED_H
#define FTPS_HOST_DAEMON_RANDOM_SEED_H

struct ftps_daemon;

/* Once, first.  Returns 0, or -1 without memory. */
int ftps_random_seed_init(struct ftps_daemon *daemon);

/* A configuration is read: no file is known from before. */
void ftps_random_seed_forget(void);

/* Reads the file now, and remembers it for later; NULL: nothing. */
void ftps_random_seed_load(const char *path);

/* Writes all files.  Needs root. */
void ftps_random_seed_save(void);

#endif /* FTPS_HOST_DAEMON_RANDOM_SEED_H */
