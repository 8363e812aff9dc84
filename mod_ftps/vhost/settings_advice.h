/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * settings_advice.h: values of one server that work, but not as its
 * administrator seems to think.
 *
 * Called by vhost/vhost.c.  Pure: no file is read.  Certificates are the
 * business of vhost/advice.c.
 */
#ifndef FTPS_VHOST_SETTINGS_ADVICE_H
#define FTPS_VHOST_SETTINGS_ADVICE_H

#include "base/error.h"

struct ftps_settings;

/* Calls `report` with a notice for each thing that works, but not as its
 * administrator seems to think.
 */
void ftps_settings_warn(const struct ftps_settings *settings,
    ftps_report report);

#endif /* FTPS_VHOST_SETTINGS_ADVICE_H */
