/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * random_seed.h: TLSRandomSeed: files whose bytes are added to the random
 * number generator when the daemon starts, and which get new bytes when it
 * ends.
 *
 * Runs in the daemon only.  OpenSSL also seeds itself from the system; the
 * bytes of a file are only added.
 *
 * DIAGNOSTICS: a file that cannot be read or written is reported to the
 * administrator, unless it does not exist yet; the daemon goes on.
 */
#ifndef FTPS_HOST_DAEMON_RANDOM_SEED_H
#define FTPS_HOST_DAEMON_RANDOM_SEED_H

struct ftps_daemon;

/* Call it once, first.  Returns 0, or -1 if there is no memory. */
int ftps_random_seed_init(struct ftps_daemon *daemon);

/* A configuration will be read: removes the files of the one before. */
void ftps_random_seed_forget(void);

/* Reads the file now, and keeps its path for later; NULL does nothing. */
void ftps_random_seed_load(const char *path);

/* Writes all files.  Needs root. */
void ftps_random_seed_save(void);

#endif /* FTPS_HOST_DAEMON_RANDOM_SEED_H */
