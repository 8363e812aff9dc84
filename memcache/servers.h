/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * servers.h: the words of MemcacheServers, their addresses, and to which server
 * a key belongs.
 *
 * No functions of ProFTPD.  The daemon reads the words and looks up the
 * addresses, because a session may be in a chroot without a resolver.
 *
 * All hosts of a cluster must get the same order.  It depends on the words as
 * they are written and on the key, not on the order of the words.  If a server
 * is added or removed, only its own keys move.
 */
#ifndef FTPS_MEMCACHE_SERVERS_H
#define FTPS_MEMCACHE_SERVERS_H

#include <stdbool.h>
#include <stddef.h>

#include <sys/socket.h>

#define FTPS_SERVERS_MAX      16U
#define FTPS_SERVERS_NAME_MAX 255U

struct ftps_server {
  const char *name; /* HOST, HOST:PORT, [ADDRESS]:PORT or /SOCKET */
  struct sockaddr_storage address;
  socklen_t address_len; /* 0: no address */
};

/* Returns what is wrong with this word, or NULL. */
const char *ftps_servers_fault(const char *name);

/* Reads the address if the word has it: numbers, or a path.  Returns false if
 * it has to be looked up.
 */
bool ftps_servers_read_address(struct ftps_server *server);

/* Looks up the address, which may take as long as the resolver needs.  Returns
 * NULL, or why there is no address.
 */
const char *ftps_servers_find_address(struct ftps_server *server);

/* The order in which the servers are used for a key: `count` positions. */
void ftps_servers_order(const struct ftps_server *servers, size_t count,
    const char *key, size_t *order_out);

#endif /* FTPS_MEMCACHE_SERVERS_H */
