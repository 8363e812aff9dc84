/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * compat.h: what differs between releases of ProFTPD, OpenSSL and libc.
 *
 * Macros only.  A file that uses a macro about ProFTPD has included its conf.h.
 *
 * Source: doc/internals/host-facts.md.
 */
#ifndef FTPS_BASE_COMPAT_H
#define FTPS_BASE_COMPAT_H

/* Since 1.3.9d ProFTPD refuses passive data connections from other addresses
 * than the client's without AllowForeignAddress.  This is the number of 1.3.9c,
 * because not every later release has a number of its own.
 */
#define FTPS_FIRST_TO_REFUSE_FOREIGN 0x0001030908UL

/* ProFTPD 1.3.10, whose TCPNoDelay is about data connections too. */
#define FTPS_FIRST_WITH_DATA_NODELAY 0x0001030a00UL

/* ProFTPD 1.3.9a, whose mod_tls refuses a client certificate for whose CA, or
 * for a CA above it, there is no revocation list, where others have lists.
 */
#define FTPS_FIRST_TO_WANT_ALL_LISTS 0x0001030906UL

/* The ProFTPD for which this is built; a test sets another one.  The last byte
 * of the number counts candidates (rc1 is 1), 5 is the release, and larger
 * numbers are its letters.
 */
#ifndef FTPS_BUILT_FOR
#define FTPS_BUILT_FOR      ((unsigned long) PROFTPD_VERSION_NUMBER)
#define FTPS_BUILT_FOR_TEXT PROFTPD_VERSION_TEXT
#endif
#define FTPS_RELEASE_OF(number)   ((number) >> 8)
#define FTPS_IS_CANDIDATE(number) (((number) &0xff) < 5)

/* A ProFTPD that was configured with --disable-ctrls has nothing to forget. */
#ifdef PR_USE_CTRLS
#define FTPS_FORGET_CONTROLS(m) ((void) pr_ctrls_unregister((m), NULL))
#else
#define FTPS_FORGET_CONTROLS(m) ((void) (m))
#endif

/* In Linux since 6.3, in glibc since 2.38. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/* In Linux since 6.16; older kernels do not know it. */
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

/* Free bytes at the end of the heap, which malloc() takes last, in glibc since
 * 2.33; a file that uses it has included malloc.h.  0: not known here.
 */
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
#define FTPS_HEAP_TOP() (mallinfo2().keepcost)
#else
#define FTPS_HEAP_TOP() ((size_t) 0)
#endif

/* From now on malloc() maps blocks from this size on, and free() gives them
 * back.  By itself glibc stops that after the first one.  A file that uses it
 * has included malloc.h.
 */
#ifdef M_MMAP_THRESHOLD
#define FTPS_MAP_FROM(size) ((void) mallopt(M_MMAP_THRESHOLD, (size)))
#else
#define FTPS_MAP_FROM(size) ((void) (size))
#endif

/* The instruction set, for seccomp filters; a file that uses it has included
 * linux/audit.h. 0: not known here.
 */
#if defined(__x86_64__) && !defined(__ILP32__)
#define FTPS_AUDIT_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define FTPS_AUDIT_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define FTPS_AUDIT_ARCH AUDIT_ARCH_RISCV64
#elif defined(__s390x__)
#define FTPS_AUDIT_ARCH AUDIT_ARCH_S390X
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define FTPS_AUDIT_ARCH AUDIT_ARCH_PPC64LE
#else
#define FTPS_AUDIT_ARCH 0
#endif

#endif
