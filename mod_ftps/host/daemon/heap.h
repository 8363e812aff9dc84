/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * heap.h: a heap that costs little to fork.
 *
 * fork() copies an entry of the page tables for every 4 KiB, and
 * the end of the process goes through them once more; the configuration and
 * the contexts of 2,000 virtual hosts are tens of MiB, of which sessions read a
 * few pages.  In huge pages (2 MiB as a rule) there is one entry for all of it;
 * what a session writes to is still copied by 4 KiB.  So is what the daemon
 * writes to while there are sessions, and that huge page is one no more.
 *
 * Linux 6.1 or later, unless its administrator wants no huge pages ("never" in
 * /sys/kernel/mm/transparent_hugepage/enabled); elsewhere nothing happens, and
 * nothing is a fault.
 */
#ifndef FTPS_HOST_DAEMON_HEAP_H
#define FTPS_HOST_DAEMON_HEAP_H

/* Moves what is there now into huge pages.  Memory that comes later, of this
 * process or its children, is as it would be.  Takes 0.3 to 2 ms for each MiB,
 * as the kernel has free huge pages or not.
 */
void ftps_heap_gather(void);

#endif /* FTPS_HOST_DAEMON_HEAP_H */
