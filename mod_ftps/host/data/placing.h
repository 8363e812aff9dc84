/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * placing.h: the place of the buffer to which ProFTPD copies a download.
 *
 * ProFTPD reads a piece of the file into one buffer and copies it to another
 * one, session.xfer.buf, from which we encrypt it.  Both are large, so both
 * begin at the same place of a page, and the second one is moved by a byte.  If
 * the target of a copy is less than 64 bytes after its source, modulo 4096,
 * `rep movsb` is several times slower on some processors (Zen 3, Zen 4), and
 * memcpy of glibc up to 2.39 does not check for this.
 *
 * So ProFTPD is made to allocate FTPS_PLACING_ROOM bytes more than it uses.
 * Before each copy its buffer is moved to the middle between two such places;
 * or to a quarter before it, if OpenSSL's copy from there to a record would be
 * a bad one.
 */
#ifndef FTPS_HOST_DATA_PLACING_H
#define FTPS_HOST_DATA_PLACING_H

#define FTPS_PLACING_ROOM 4096

/* Before a download: hooks its reads from now on, so that the source is known.
 * Returns 0, or -1 with errno set; then there must be no room.
 */
int ftps_placing_prepare(void);

#endif /* FTPS_HOST_DATA_PLACING_H */
