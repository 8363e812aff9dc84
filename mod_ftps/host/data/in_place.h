/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * in_place.h: downloads without ProFTPD's copy.
 *
 * ProFTPD reads a piece of the file into one buffer and copies it to another
 * one, session.xfer.buf, which it gives to our stream.  In binary mode both may
 * be the same: the copy then has its source as its target, and memcpy of glibc
 * returns at once on x86 (elsewhere it copies each byte to its own place).
 * Compilers rely on that case of memcpy too, when they assign a structure to
 * itself.
 */
#ifndef FTPS_HOST_DATA_IN_PLACE_H
#define FTPS_HOST_DATA_IN_PLACE_H

/* Before a download: hooks its reads from now on, because a read tells where
 * ProFTPD's buffer is.  Returns 0, or -1 with errno set; then ProFTPD copies.
 */
int ftps_in_place_prepare(void);

#endif /* FTPS_HOST_DATA_IN_PLACE_H */
