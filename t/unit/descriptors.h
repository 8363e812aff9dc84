/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * descriptors.h: sends a message with descriptors, as a session may do that
 * somebody has taken over.
 */
#ifndef FTPS_UNIT_DESCRIPTORS_H
#define FTPS_UNIT_DESCRIPTORS_H

#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#define DESCRIPTORS_MAX 8

/* Sends `len` bytes to a socket, and the descriptor `fd` with them, `n` times
 * (1 to DESCRIPTORS_MAX).  Returns what sendmsg() returns.
 */
static inline ssize_t descriptors_send(int to, const void *bytes, size_t len,
    int fd, unsigned int n) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
  } control;
  struct iovec iov = { .iov_base = (void *) (uintptr_t) bytes, .iov_len = len };
  struct msghdr msg = { .msg_iov = &iov,
    .msg_iovlen = 1,
    .msg_control = control.bytes,
    .msg_controllen = CMSG_SPACE(n * sizeof(fd)) };
  struct cmsghdr *cmsg;

  memset(&control, 0, sizeof(control));
  cmsg = CMSG_FIRSTHDR(&msg);
  cmsg->cmsg_level = SOL_SOCKET;
  cmsg->cmsg_type = SCM_RIGHTS;
  cmsg->cmsg_len = CMSG_LEN(n * sizeof(fd));
  for (unsigned int i = 0; i < n; i++) {
    memcpy(CMSG_DATA(cmsg) + i * sizeof(fd), &fd, sizeof(fd));
  }

  return sendmsg(to, &msg, MSG_NOSIGNAL);
}

#endif /* FTPS_UNIT_DESCRIPTORS_H */
