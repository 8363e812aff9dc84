/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * settings_check.h: checks whether the directives of one server can be used
 * together.
 *
 * Pure: no file is read.  Used before a context is built.  Single values were
 * checked when the directives were read.
 *
 * DIAGNOSTICS: each text names directive, value, fault and remedy.
 */
#ifndef FTPS_VHOST_SETTINGS_CHECK_H
#define FTPS_VHOST_SETTINGS_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct ftps_settings;

size_t ftps_settings_count_certificates(const struct ftps_settings *settings);

/* True if the server has a certificate, or a pre-shared key. */
bool ftps_settings_have_certificate(const struct ftps_settings *settings);

/* Returns 0, or -1 with `err` set for settings that can never work. */
int ftps_settings_check(const struct ftps_settings *settings,
    struct ftps_error *err);

/* True if the settings allow the library to use what can be broken. */
bool ftps_settings_are_weak(const struct ftps_settings *settings);

#endif /* FTPS_VHOST_SETTINGS_CHECK_H */
