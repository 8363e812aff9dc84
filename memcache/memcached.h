/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * memcached.h: sends requests to one of several memcached servers, within a
 * deadline.
 *
 * No functions of ProFTPD.  The object is made in the daemon and used in any
 * process.  ProFTPD's own functions (pr_memcache_*) are not used, because they
 * keep no deadline: libmemcached waits 5 s for a server that does not answer,
 * 10 s at the first call, with any MemcacheTimeouts.
 *
 * Connections belong to one process: a child closes the copies that it has
 * inherited, and makes its own when it needs them.  Sockets do not block.
 *
 * If a server fails, no process uses it for FTPS_MEMCACHED_RETRY_MS; then one
 * process tries, and the others wait for its result.  Meanwhile the next server
 * in the order of the key is used.  These marks are in a page that all
 * processes can write.  A false mark costs time, never security.
 *
 * DIAGNOSTICS: `report` is called when a server is marked, and when it answers
 * again, by the process that saw it first.  It gets the server's name and the
 * reason, or NULL.
 */
#ifndef FTPS_MEMCACHE_MEMCACHED_H
#define FTPS_MEMCACHE_MEMCACHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "servers.h"
#include "wire.h"

#define FTPS_MEMCACHED_RETRY_MS 5000

/* Longer texts cannot be sent: three keys, a line, a value. */
#define FTPS_MEMCACHED_TEXT_MAX (1024U + FTPS_WIRE_VALUE_MAX)

struct ftps_memcached;

typedef void (*ftps_memcached_report)(const char *server, const char *why);

/* Commands, and where their answers go. */
struct ftps_memcached_ask {
  const char *key; /* decides which server is used */
  const void *text;
  size_t len;
  unsigned int commands; /* how many are in `text` */

  /* Gets each item; NULL at the start of each attempt.  There may be several
   * attempts: then forget the items of the earlier one.
   */
  void (*take)(void *arg, const struct ftps_wire_item *item);
  void *arg;
};

/* Copies `servers`, but not the names.  Returns NULL if there is no memory. */
struct ftps_memcached *ftps_memcached_new(const struct ftps_server *servers,
    size_t count, ftps_memcached_report report);
void ftps_memcached_free(struct ftps_memcached *m);

/* Returns 0 if a server has answered all commands, or -1 if none did in time.
 */
int ftps_memcached_ask(struct ftps_memcached *m,
    const struct ftps_memcached_ask *ask, unsigned int deadline_ms);

/* Sends the commands to every server, also to marked ones; the key does not
 * matter.  The deadline is that of all of them together.  Returns how many have
 * answered, of ftps_memcached_count().
 */
size_t ftps_memcached_ask_all(struct ftps_memcached *m,
    const struct ftps_memcached_ask *ask, unsigned int deadline_ms);
size_t ftps_memcached_count(const struct ftps_memcached *m);

/* Closes the connections of this process. */
void ftps_memcached_hang_up(struct ftps_memcached *m);

/* In a session that has logged in: the path of a socket leads elsewhere in a
 * chroot, and the user may not be allowed to connect.  So this process passes
 * over the servers that are paths, and marks none of them: they are not at
 * fault.  can_ask: false if there is no other one.
 */
void ftps_memcached_leave_paths(struct ftps_memcached *m);
bool ftps_memcached_can_ask(const struct ftps_memcached *m);

/* A number that all processes share, for the caller's use; 0 at first. */
uint64_t ftps_memcached_get_shared(const struct ftps_memcached *m);
void ftps_memcached_set_shared(struct ftps_memcached *m, uint64_t number);

#endif /* FTPS_MEMCACHE_MEMCACHED_H */
