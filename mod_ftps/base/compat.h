/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * compat.h: what differs between releases of ProFTPD and OpenSSL.
 *
 * Used everywhere.  Macros only; whoever uses one about ProFTPD
 * has included its conf.h.
 *
 * Source: doc/internals/host-facts.md.
 */
#ifndef FTPS_BASE_COMPAT_H
#define FTPS_BASE_COMPAT_H

/* Without AllowForeignAddress, passive data connections from other addresses
 * than the client's are refused since 1.3.9d.  This number is that of 1.3.9c:
 * not each later release has one of its own.
 */
#define FTPS_HOST_REFUSES_FOREIGN (PROFTPD_VERSION_NUMBER >= 0x0001030908)

#endif
