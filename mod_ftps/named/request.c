/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * request.c: see request.h.
 */
#include "named/request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/compat.h"
#include "base/fds.h"

#define MAGIC 0x4e505446U

void ftps_requests_init(struct ftps_requests *requests) {
  requests->daemons = requests->sessions = -1;
}

void ftps_requests_close(struct ftps_requests *requests) {
  ftps_fds_close(&requests->daemons);
  ftps_fds_close(&requests->sessions);
}

/* A session that was taken over could send a message with a TCP connection.
 * The daemon would drop it, and wait for as long as that session has set
 * (SO_LINGER).  Kernels before 6.16 do not know the option; there a signal ends
 * the wait.
 */
static void refuse_descriptors(int fd) {
  int off = 0;

  (void) setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &off, sizeof(off));
}

int ftps_requests_open(struct ftps_requests *requests) {
  int ends[2], res;

  if (requests->daemons >= 0) {
    return 0;
  }
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
          ends) < 0) {
    return -1;
  }

  res = ftps_fds_move_both(ends);
  requests->daemons = ends[0];
  requests->sessions = ends[1];
  if (res < 0) {
    ftps_requests_close(requests);
    return -1;
  }

  refuse_descriptors(requests->daemons);
  ftps_requests_watch(requests);
  return 0;
}

void ftps_requests_watch(const struct ftps_requests *requests) {
  if (requests->daemons >= 0) {
    ftps_fds_watch(requests->daemons);
  }
}

void ftps_requests_leave(struct ftps_requests *requests) {
  ftps_fds_close(&requests->daemons);
}

bool ftps_requests_send(const struct ftps_requests *requests, uint32_t dir,
    const char *name) {
  struct ftps_request request;
  int xerrno = errno;
  ssize_t sent;

  if (requests->sessions < 0) {
    return false;
  }

  memset(&request, 0, sizeof(request));
  request.magic = MAGIC;
  request.dir = dir;
  (void) snprintf(request.name, sizeof(request.name), "%s", name);
  sent = send(requests->sessions, &request, sizeof(request),
      MSG_DONTWAIT | MSG_NOSIGNAL);
  errno = xerrno;
  return sent == (ssize_t) sizeof(request);
}

static bool is_good(const struct ftps_request *request, ssize_t got) {
  return got == (ssize_t) sizeof(*request) && request->magic == MAGIC &&
      request->name[sizeof(request->name) - 1] == '\0' &&
      ftps_folder_is_name(request->name);
}

/* A session that was taken over can shut the socket down for all.  Later
 * sessions have another one.
 */
static bool replace_shut(struct ftps_requests *requests) {
  if (!ftps_fds_is_shut(requests->daemons)) {
    return false;
  }

  ftps_requests_close(requests);
  (void) ftps_requests_open(requests);
  return true;
}

int ftps_requests_receive(struct ftps_requests *requests,
    struct ftps_request *request_out) {
  ssize_t got;

  if (requests->daemons < 0) {
    return 0;
  }

  got = recv(requests->daemons, request_out, sizeof(*request_out),
      MSG_DONTWAIT | MSG_TRUNC);
  if (got < 0 || (got == 0 && replace_shut(requests))) {
    return 0;
  }

  return is_good(request_out, got) ? 1 : -1;
}
