/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * fds.h: how files are opened, which numbers our descriptors have, and what
 * becomes of them.
 *
 * In a daemon 0, 1 and 2 may be free.  A descriptor that gets one of them would
 * be in the way of others.
 */
#ifndef FTPS_BASE_FDS_H
#define FTPS_BASE_FDS_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

/* ProFTPD uses the descriptors below this. */
#define FTPS_FDS_LOWEST 10

/* Opens a file for reading.  Somebody may have put something else in its place,
 * so the call does not wait at a FIFO, and a terminal does not become ours.
 * Returns a descriptor of the caller's, or -1 with errno set.
 */
static inline int ftps_fds_open_file(const char *path) {
  return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* Moves a descriptor to `lowest` or above, closed on exec.  Returns -1 if there
 * is none; then it is closed.
 */
static inline int ftps_fds_move(int fd, int lowest) {
  int moved = fcntl(fd, F_DUPFD_CLOEXEC, lowest);

  (void) close(fd);
  return moved;
}

/* The same for 0, 1 and 2 only; -1 stays -1. */
static inline int ftps_fds_leave_standard(int fd) {
  return fd < 0 || fd > STDERR_FILENO ? fd
                                      : ftps_fds_move(fd, STDERR_FILENO + 1);
}

/* Moves both to FTPS_FDS_LOWEST or above.  Returns -1 if one of them is -1 now.
 */
static inline int ftps_fds_move_both(int fds[2]) {
  fds[0] = ftps_fds_move(fds[0], FTPS_FDS_LOWEST);
  fds[1] = ftps_fds_move(fds[1], FTPS_FDS_LOWEST);
  return fds[0] < 0 || fds[1] < 0 ? -1 : 0;
}

/* A descriptor of -1 is not open. */
static inline void ftps_fds_close(int *fd) {
  if (*fd >= 0) {
    (void) close(*fd);
    *fd = -1;
  }
}

/* True if nothing can come from this socket any more: nobody has its other end,
 * or a process that has it has shut it down for all.
 */
static inline bool ftps_fds_is_shut(int fd) {
  struct pollfd pfd = { .fd = fd, .events = POLLRDHUP };

  return poll(&pfd, 1, 0) > 0 && (pfd.revents & (POLLRDHUP | POLLHUP)) != 0;
}

/* True if receiving has failed with an error that comes again each time, so
 * that whoever goes on to wait for more would never rest.
 */
static inline bool ftps_fds_is_broken(int xerrno) {
  return xerrno != EAGAIN && xerrno != EINTR && xerrno != ENOMEM &&
      xerrno != ENOBUFS;
}

/* When there is something to read, ProFTPD gets a signal, takes it for the end
 * of a child, and looks what is new.
 */
static inline void ftps_fds_watch(int fd) {
  (void) fcntl(fd, F_SETOWN, getpid());
  (void) fcntl(fd, F_SETSIG, SIGCHLD);
  (void) fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC);
}

#endif /* FTPS_BASE_FDS_H */
