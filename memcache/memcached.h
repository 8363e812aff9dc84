/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * memcached.h: ask one of several memcached servers, within a deadline.
 *
 * Free of ProFTPD.  Called by mod_ftps_memcache.c: made in the daemon, used in
 * any process.  ProFTPD's own functions (pr_memcache_*) are not used, because
 * no deadline holds with them: libmemcached waits 5 s for a server that does
 * not answer, 10 s at the first call, whatever MemcacheTimeouts says.
 *
 * Connections belong to one process: a child that inherits some closes its
 * copies and makes its own when it asks.  Sockets do not block.
 *
 * A server that fails is not asked for FTPS_MEMCACHED_RETRY_MS by any process;
 * then one process tries, the others wait for what it finds.  The next server
 * in the order of the key takes over meanwhile.  These marks lie in a page that
 * all processes can write; they are about time lost, never about trust.
 *
 * DIAGNOSTICS: `report` is called when a server is marked, and when it answers
 * again, by the process that saw it first.  It gets the server's name and the
 * reason, or NULL.
 *
 * Source: issue 4.
 */
#ifndef FTPS_MEMCACHE_MEMCACHED_H
#define FTPS_MEMCACHE_MEMCACHED_H

#include <stddef.h>
#include <stdint.h>

#include "servers.h"
#include "wire.h"

#define FTPS_MEMCACHED_RETRY_MS 5000

/* Longer texts cannot be sent: three keys, a line, a value. */
#define FTPS_MEMCACHED_TEXT_MAX (1024U + FTPS_WIRE_VALUE_MAX)

struct ftps_memcached;

typedef void (*ftps_memcached_report)(const char *server, const char *why);

/* Commands and what becomes of their answers. */
struct ftps_memcached_ask {
  const char *key; /* decides which server is asked */
  const void *text;
  size_t len;
  unsigned int commands; /* how many of them are in `text` */

  /* Gets each item; NULL at the start of each attempt, and there may be more
   * than one: forget what came before.
   */
  void (*take)(void *arg, const struct ftps_wire_item *item);
  void *arg;
};

/* Copies `servers`, but for the names.  NULL: no memory. */
struct ftps_memcached *ftps_memcached_new(const struct ftps_server *servers,
    size_t count, ftps_memcached_report report);
void ftps_memcached_free(struct ftps_memcached *m);

/* 0: a server has answered all commands.  -1: none did in time. */
int ftps_memcached_ask(struct ftps_memcached *m,
    const struct ftps_memcached_ask *ask, unsigned int deadline_ms);

/* Asks every server, marked or not; the key is not looked at.  Returns how
 * many have answered, of ftps_memcached_count().
 */
size_t ftps_memcached_ask_all(struct ftps_memcached *m,
    const struct ftps_memcached_ask *ask, unsigned int deadline_ms);
size_t ftps_memcached_count(const struct ftps_memcached *m);

/* Closes the connections of this process. */
void ftps_memcached_hang_up(struct ftps_memcached *m);

/* A number that all processes share, for the caller's use; 0 at first. */
uint64_t ftps_memcached_get_shared(const struct ftps_memcached *m);
void ftps_memcached_set_shared(struct ftps_memcached *m, uint64_t number);

#endif /* FTPS_MEMCACHE_MEMCACHED_H */
