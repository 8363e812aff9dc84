/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * file_advice.h: advice about other users who may read or write the files of a
 * server, if that is no fault.
 *
 * Needs root; only modes are checked.
 */
#ifndef FTPS_KEYS_FILE_ADVICE_H
#define FTPS_KEYS_FILE_ADVICE_H

#include "base/error.h"

struct ftps_settings;

/* Calls `report` with a notice for each file. */
void ftps_file_advice(const struct ftps_settings *settings, ftps_report report);

#endif /* FTPS_KEYS_FILE_ADVICE_H */
