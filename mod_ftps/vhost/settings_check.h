/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * settings_check.h: do the directives of one server go together?
 *
 * Pure, no file is looked at.  Called by vhost/vhosts.c before a
 * context is built, by vhost/vhost.c for the warnings.  Single values were
 * judged when the directives were read.
 *
 * DIAGNOSTICS: each text names directive, value, fault and remedy.
 */
#ifndef FTPS_VHOST_SETTINGS_CHECK_H
#define FTPS_VHOST_SETTINGS_CHECK_H

#include <stdbool.h>

#include "base/error.h"

struct ftps_settings;

/* Has the server any certificate, or a pre-shared key in its place? */
bool ftps_settings_have_certificate(const struct ftps_settings *settings);

/* 0, or -1 and `err` for what can never work. */
int ftps_settings_check(const struct ftps_settings *settings,
    struct ftps_error *err);

/* Is the library told to take what can be broken? */
bool ftps_settings_are_weak(const struct ftps_settings *settings);

#endif /* FTPS_VHOST_SETTINGS_CHECK_H */
