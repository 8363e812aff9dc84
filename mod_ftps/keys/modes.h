/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * modes.h: what the mode of a file tells about who may change it.
 *
 * Reads only modes.
 */
#ifndef FTPS_KEYS_MODES_H
#define FTPS_KEYS_MODES_H

#include <stdbool.h>

/* True if the file system has no modes of its own, so that all files look alike
 * and chmod changes nothing (CIFS, NTFS, FAT, shared folders of virtual
 * machines).  The file system is checked, not the path.
 */
bool ftps_modes_are_fixed(const char *path);

#endif /* FTPS_KEYS_MODES_H */
