/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * servers.c: see servers.h.
 */
#include "servers.h"

#include <stdint.h>
#include <string.h>

#include <netdb.h>
#include <sys/un.h>

#define DEFAULT_PORT "11211"

#define IS_NO_SERVER "is not HOST, HOST:PORT, [ADDRESS]:PORT or /SOCKET"

struct parts {
  char host[FTPS_SERVERS_NAME_MAX + 1];
  char port[6];
};

static const char *copy_port(const char *port, struct parts *parts_out) {
  unsigned int number = 0;
  size_t len = strlen(port);

  if (len == 0 || len >= sizeof(parts_out->port)) {
    return "has a port that is not a number from 1 to 65535";
  }

  for (size_t i = 0; i < len; i++) {
    if (port[i] < '0' || port[i] > '9') {
      return "has a port that is not a number from 1 to 65535";
    }
    number = number * 10 + (unsigned int) (port[i] - '0');
  }

  memcpy(parts_out->port, port, len + 1);
  return number >= 1 && number <= 65535
      ? NULL
      : "has a port that is not a number from 1 to 65535";
}

static const char *split_name(const char *name, struct parts *parts_out) {
  const char *host = name, *end, *port = NULL;

  if (*name == '[') {
    host++;
    end = strchr(host, ']');
    if (end == NULL || (end[1] != '\0' && end[1] != ':')) {
      return IS_NO_SERVER;
    }
    port = end[1] == ':' ? end + 2 : DEFAULT_PORT;

  } else {
    end = strchr(host, ':');
    port = end != NULL ? end + 1 : DEFAULT_PORT;
    if (end == NULL) {
      end = host + strlen(host);
    }
  }

  if (end == host || (size_t) (end - host) > FTPS_SERVERS_NAME_MAX) {
    return IS_NO_SERVER;
  }

  memcpy(parts_out->host, host, (size_t) (end - host));
  parts_out->host[end - host] = '\0';
  return copy_port(port, parts_out);
}

static bool is_path(const char *name) {
  return *name == '/';
}

const char *ftps_servers_fault(const char *name) {
  struct parts parts;

  if (is_path(name)) {
    return strlen(name) < sizeof(((struct sockaddr_un *) 0)->sun_path)
        ? NULL
        : "is too long for the path of a socket";
  }

  if (strlen(name) > FTPS_SERVERS_NAME_MAX) {
    return "is too long";
  }
  return split_name(name, &parts);
}

static const char *find_address(struct ftps_server *server, int flags) {
  struct addrinfo hints, *found = NULL;
  struct parts parts;
  const char *fault;
  int res;

  server->address_len = 0;
  fault = ftps_servers_fault(server->name);
  if (fault != NULL) {
    return fault;
  }

  if (is_path(server->name)) {
    struct sockaddr_un address;

    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, server->name, strlen(server->name));
    memcpy(&server->address, &address, sizeof(address));
    server->address_len = sizeof(address);
    return NULL;
  }

  memset(&hints, 0, sizeof(hints));
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  (void) split_name(server->name, &parts);
  res = getaddrinfo(parts.host, parts.port, &hints, &found);
  if (res != 0) {
    return gai_strerror(res);
  }

  memcpy(&server->address, found->ai_addr, found->ai_addrlen);
  server->address_len = found->ai_addrlen;
  freeaddrinfo(found);
  return NULL;
}

const char *ftps_servers_find_address(struct ftps_server *server) {
  return find_address(server, 0);
}

bool ftps_servers_read_address(struct ftps_server *server) {
  return find_address(server, AI_NUMERICHOST | AI_NUMERICSERV) == NULL;
}

/* FNV-1a, and a last step that spreads small differences over all bits. */
static uint64_t weigh(const char *name, const char *key) {
  uint64_t sum = UINT64_C(0xcbf29ce484222325);

  for (; *name != '\0'; name++) {
    sum = (sum ^ (unsigned char) *name) * UINT64_C(0x100000001b3);
  }
  sum = (sum ^ 0x20) * UINT64_C(0x100000001b3);
  for (; *key != '\0'; key++) {
    sum = (sum ^ (unsigned char) *key) * UINT64_C(0x100000001b3);
  }

  sum = (sum ^ sum >> 33) * UINT64_C(0xff51afd7ed558ccd);
  sum = (sum ^ sum >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
  return sum ^ sum >> 33;
}

/* The server with the highest weight comes first.  Each server's weight depends
 * only on its name and this key, so a missing server does not change the order
 * of the others.
 */
void ftps_servers_order(const struct ftps_server *servers, size_t count,
    const char *key, size_t *order_out) {
  uint64_t weights[FTPS_SERVERS_MAX];

  for (size_t i = 0; i < count; i++) {
    uint64_t weight = weigh(servers[i].name, key);
    size_t at = i;

    for (; at > 0 && weights[at - 1] < weight; at--) {
      weights[at] = weights[at - 1];
      order_out[at] = order_out[at - 1];
    }
    weights[at] = weight;
    order_out[at] = i;
  }
}
