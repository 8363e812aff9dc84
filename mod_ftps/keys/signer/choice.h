/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * choice.h: decides by its settings whether the private keys of a server can go
 * to a process of their own.
 *
 * Whether OpenSSL and the kernel can do it is found out by a trial
 * (keys/signer/isolate.h).
 */
#ifndef FTPS_KEYS_SIGNER_CHOICE_H
#define FTPS_KEYS_SIGNER_CHOICE_H

#include "base/error.h"
#include "base/settings.h"

/* Returns OFF, with `why` set, if the settings do not allow what they request.
 */
enum ftps_isolation ftps_isolation_of(const struct ftps_settings *settings,
    struct ftps_error *why);

/* True if the ciphers have RSA key exchange: the key decrypts, and the process
 * of its own only signs.  So an RSA key must be in the session.
 */
bool ftps_isolation_decrypts(const struct ftps_settings *settings);

/* Returns 0, or -1 with `err` set if it is required and the settings do not
 * allow it.
 */
int ftps_isolation_check(const struct ftps_settings *settings,
    struct ftps_error *err);

/* Reports that the settings do not allow it, for one of the keys at least. */
void ftps_isolation_warn(const struct ftps_settings *settings, bool has_rsa_key,
    ftps_report report);

#endif /* FTPS_KEYS_SIGNER_CHOICE_H */
