/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * settings_advice.h: advice about values of one server that work, but not as
 * its administrator seems to expect.
 *
 * Pure: no file is read. vhost/advice.c is for certificates.
 */
#ifndef FTPS_VHOST_SETTINGS_ADVICE_H
#define FTPS_VHOST_SETTINGS_ADVICE_H

#include "base/error.h"

struct ftps_settings;

/* Reports a notice that begins with the name of the server. */
void ftps_settings_advise(const struct ftps_settings *settings,
    ftps_report report, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Calls `report` with a notice for each value that works, but not as its
 * administrator seems to expect.
 */
void ftps_settings_warn(const struct ftps_settings *settings,
    ftps_report report);

#endif /* FTPS_VHOST_SETTINGS_ADVICE_H */
