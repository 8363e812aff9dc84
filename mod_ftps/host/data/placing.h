/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * placing.h: where the buffer lies that ProFTPD copies a download to.
 *
 * ProFTPD reads a piece of the file into one buffer and copies it to another
 * one, session.xfer.buf, from which we encrypt it.  Both are large, so both
 * begin at the same place of a page, and the second one is moved by a byte.
 * Where the target of a copy lies less than 64 bytes behind its source, modulo
 * 4096, `rep movsb` is several times slower on some processors (Zen 3, Zen 4),
 * and memcpy of glibc up to 2.39 does not look for that.
 *
 * So ProFTPD is made to allocate FTPS_PLACING_ROOM bytes more than it uses, and
 * before each copy its buffer begins in the middle between two such places; or
 * a quarter before where OpenSSL's copy of it to a record would be a bad one.
 */
#ifndef FTPS_HOST_DATA_PLACING_H
#define FTPS_HOST_DATA_PLACING_H

#define FTPS_PLACING_ROOM 4096

/* Before a download: sees what is read from now on, so that the source is
 * known.  0; -1 and errno: there must be no room then.
 */
int ftps_placing_prepare(void);

#endif /* FTPS_HOST_DATA_PLACING_H */
