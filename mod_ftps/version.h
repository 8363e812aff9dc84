/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * version.h: the version, as all three modules give it to ProFTPD.
 */
#ifndef FTPS_VERSION_H
#define FTPS_VERSION_H

#define FTPS_VERSION "mod_ftps/1.0.0"

#endif /* FTPS_VERSION_H */
