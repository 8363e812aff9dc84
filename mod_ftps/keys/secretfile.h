/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * secretfile.h: is this file of ours alone?
 *
 * For files of random bytes that keys are made of; needs root.
 *
 * DIAGNOSTICS: "NAME PATH: FAULT; REMEDY".
 */
#ifndef FTPS_KEYS_SECRETFILE_H
#define FTPS_KEYS_SECRETFILE_H

#include <sys/stat.h>

#include "base/error.h"

/* A descriptor; -1 and `err` when the file cannot be opened, or when others may
 * know what is in it.
 */
int ftps_secretfile_open(const char *name, const char *path,
    struct ftps_error *err);

/* The check alone, of a file that has been opened; 0, or -1 and `err`. */
int ftps_secretfile_check(const struct stat *st, const char *name,
    const char *path, struct ftps_error *err);

#endif /* FTPS_KEYS_SECRETFILE_H */
