/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * forget.h: takes certificates of names out of the daemon, and their keys out
 * of the process that signs.
 *
 * A key stays if a server or another name has the same one.
 */
#ifndef FTPS_NAMED_FORGET_H
#define FTPS_NAMED_FORGET_H

struct ftps_daemon;
struct ftps_named;

/* The entry is in no list any more. */
void ftps_named_forget(struct ftps_daemon *daemon, struct ftps_named *entry);

/* Those whose place was given away, or that nobody has used for an hour; and
 * keys of renewed certificates, after a day.
 */
void ftps_names_forget_idle(struct ftps_daemon *daemon);

#endif /* FTPS_NAMED_FORGET_H */
