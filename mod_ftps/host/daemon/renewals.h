/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * renewals.h: counts certificates that were replaced in time, late, or only
 * after their end.
 *
 * A certificate is late when its last three tenths have begun, as in
 * ftps_text_is_late().
 *
 * DIAGNOSTICS: one that was late has a line in the system log.
 */
#ifndef FTPS_HOST_DAEMON_RENEWALS_H
#define FTPS_HOST_DAEMON_RENEWALS_H

struct ftps_daemon;
struct ftps_renewals;

/* In the daemon, whenever certificates may have changed; cheap if none has. */
void ftps_renewals_note(struct ftps_daemon *daemon);

#endif /* FTPS_HOST_DAEMON_RENEWALS_H */
