/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * secretfile.h: checks that nobody else can read or change a file of ours.
 *
 * For files of random bytes from which keys are made; needs root.
 *
 * DIAGNOSTICS: "NAME PATH: FAULT; REMEDY".
 */
#ifndef FTPS_KEYS_SECRETFILE_H
#define FTPS_KEYS_SECRETFILE_H

#include <sys/stat.h>

#include "base/error.h"

/* Returns a descriptor, or -1 with `err` set if the file cannot be opened, or
 * if others may know its content.
 */
int ftps_secretfile_open(const char *name, const char *path,
    struct ftps_error *err);

/* Only the check, for an open file.  Returns 0, or -1 with `err` set. */
int ftps_secretfile_check(const struct stat *st, const char *name,
    const char *path, struct ftps_error *err);

#endif /* FTPS_KEYS_SECRETFILE_H */
