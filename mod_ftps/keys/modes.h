/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * modes.h: what the mode of a file says about who may change it.
 *
 * Reads nothing but modes.
 */
#ifndef FTPS_KEYS_MODES_H
#define FTPS_KEYS_MODES_H

#include <stdbool.h>

/* Is the file on a file system that has no modes of its own, so that all files
 * look alike and chmod changes nothing (CIFS, NTFS, FAT, shared folders of
 * virtual machines)?  The file system is asked, not the path.
 */
bool ftps_modes_are_fixed(const char *path);

#endif /* FTPS_KEYS_MODES_H */
