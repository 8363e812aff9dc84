/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * heap.h: makes fork cheap for a large heap, and sessions small.
 *
 * fork() copies an entry of the page tables for every 4 KiB, and the end of the
 * process goes through them again.  The configuration and the contexts of 2,000
 * virtual hosts are tens of MiB, of which sessions read a few pages.  In huge
 * pages (usually 2 MiB) there is one entry for all of it.  Memory to which a
 * session writes is still copied by 4 KiB.  So is memory to which the daemon
 * writes while there are sessions; then this page is not a huge page any more.
 *
 * What was read and freed at the start leaves thousands of holes in the heap.
 * A session that took its memory from them would write to as many pages, and
 * each becomes a copy of its own (80 pages of a small daemon).  So the daemon
 * fills them, and sessions get new memory, all in one place.
 *
 * Huge pages work with Linux 6.1 or later, unless its administrator has
 * switched them off ("never" in /sys/kernel/mm/transparent_hugepage/enabled).
 * Elsewhere nothing happens, and this is no fault.
 */
#ifndef FTPS_HOST_DAEMON_HEAP_H
#define FTPS_HOST_DAEMON_HEAP_H

struct ftps_daemon;

/* Moves the present memory into huge pages.  Later memory, of this process or
 * its children, is not affected.  Takes 0.3 to 2 ms for each MiB, depending on
 * whether the kernel has free huge pages.
 */
void ftps_heap_gather(void);

/* Fills the holes, unless they are filled.  ftps_heap_free_filling() must come
 * before the next configuration is read and before contexts are built, which
 * use them again; otherwise the daemon would grow at each SIGHUP or renewal.
 * Nothing happens with another allocator than that of the GNU C library.
 */
void ftps_heap_fill(struct ftps_daemon *daemon);
void ftps_heap_free_filling(struct ftps_daemon *daemon);

#endif /* FTPS_HOST_DAEMON_HEAP_H */
