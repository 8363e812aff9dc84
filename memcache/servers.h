/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * servers.h: the words of MemcacheServers, their addresses, and which server a
 * key belongs to.
 *
 * Free of ProFTPD.  Called by mod_ftps_memcache.c (words, addresses: in the
 * daemon, for sessions may be in a chroot without a resolver) and by
 * memcached.c (order).
 *
 * All hosts of a cluster must come to the same order: it depends on the words
 * as they are written and on the key, and not on the order of the words.
 * When a server is added or removed, only its own keys move.
 */
#ifndef FTPS_MEMCACHE_SERVERS_H
#define FTPS_MEMCACHE_SERVERS_H

#include <stddef.h>

#include <sys/socket.h>

#define FTPS_SERVERS_MAX      16U
#define FTPS_SERVERS_NAME_MAX 255U

struct ftps_server {
  const char *name; /* HOST, HOST:PORT, [ADDRESS]:PORT or /SOCKET */
  struct sockaddr_storage address;
  socklen_t address_len; /* 0: has no address */
};

/* What is wrong with this word, or NULL. */
const char *ftps_servers_fault(const char *name);

/* Looks up the address; may take as long as the resolver.  NULL, or why there
 * is none.
 */
const char *ftps_servers_find_address(struct ftps_server *server);

/* The order in which the servers are asked for a key: `count` positions. */
void ftps_servers_order(const struct ftps_server *servers, size_t count,
    const char *key, size_t *order_out);

#endif /* FTPS_MEMCACHE_SERVERS_H */
