/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * choice.h: can the private keys of a server go to a process of their own?
 *
 * What its settings say about that.  Whether OpenSSL and the kernel can is
 * tried (keys/signer/isolate.h).
 */
#ifndef FTPS_KEYS_SIGNER_CHOICE_H
#define FTPS_KEYS_SIGNER_CHOICE_H

#include "base/error.h"
#include "base/settings.h"

/* OFF, and `why` for what is asked for and does not go together. */
enum ftps_isolation ftps_isolation_of(const struct ftps_settings *settings,
    struct ftps_error *why);

/* -1 and `err`: it is required, and the settings rule it out. */
int ftps_isolation_check(const struct ftps_settings *settings,
    struct ftps_error *err);

/* Reports that the settings rule it out. */
void ftps_isolation_warn(const struct ftps_settings *settings,
    ftps_report report);

#endif /* FTPS_KEYS_SIGNER_CHOICE_H */
