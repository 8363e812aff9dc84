/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * child.c: see child.h.
 */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fds.h"

#define CHILD_FD 3

void ftps_child_close_pipe(const int ends[2]) {
  for (size_t i = 0; i < 2; i++) {
    if (ends[i] >= 0) {
      (void) close(ends[i]);
    }
  }
}

int ftps_child_open_pipe(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) < 0) {
    ends[0] = ends[1] = -1;
    return -1;
  }

  ends[0] = ftps_fds_leave_standard(ends[0]);
  ends[1] = ftps_fds_leave_standard(ends[1]);
  return ends[0] < 0 || ends[1] < 0 ? -1 : fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

void ftps_child_reset_signals(void) {
  sigset_t none;

  for (int sig = 1; sig < NSIG; sig++) {
    (void) signal(sig, SIG_DFL);
  }

  (void) sigemptyset(&none);
  (void) sigprocmask(SIG_SETMASK, &none, NULL);
}

int ftps_child_drop_ids(void) {
  return setregid(getegid(), getegid()) < 0 ||
          setreuid(geteuid(), geteuid()) < 0
      ? -1
      : 0;
}

/* The pipe comes last, because it may be one of the descriptors that are
 * replaced.
 */
static void become_helper(int fd, unsigned int seconds) {
  int null = open("/dev/null", O_RDWR);

  (void) alarm(seconds);
  (void) setsid();
  for (int i = 0; i < CHILD_FD; i++) {
    if (null < 0 || dup2(null, i) < 0) {
      _exit(1);
    }
  }

  if (dup2(fd, CHILD_FD) < 0 || chdir("/") < 0 || ftps_child_drop_ids() < 0) {
    _exit(1);
  }

  closefrom(CHILD_FD + 1);
  ftps_child_reset_signals();

  /* The process must not die of a signal when nobody reads any more. */
  (void) signal(SIGPIPE, SIG_IGN);
}

bool ftps_child_wait(pid_t pid) {
  int status = 0;

  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }

  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int ftps_child_fork(void) {
  sigset_t child, before;
  pid_t pid;

  (void) sigemptyset(&child);
  (void) sigaddset(&child, SIGCHLD);
  (void) sigprocmask(SIG_BLOCK, &child, &before);
  pid = fork();
  if (pid == 0) {
    pid = fork();
    if (pid == 0) {
      return 0;
    }
    _exit(pid < 0);
  }

  if (pid > 0 && !ftps_child_wait(pid)) {
    errno = EAGAIN;
    pid = -1;
  }
  (void) sigprocmask(SIG_SETMASK, &before, NULL);
  return pid < 0 ? -1 : 1;
}

int ftps_child_detach(void (*work)(const void *arg, int fd), const void *arg,
    unsigned int seconds, struct ftps_error *err) {
  int ends[2] = { -1, -1 };
  int forked;

  if (ftps_child_open_pipe(ends) < 0) {
    ftps_error_set_errno(err, errno, "making a pipe");
    ftps_child_close_pipe(ends);
    return -1;
  }

  forked = ftps_child_fork();
  if (forked == 0) {
    become_helper(ends[1], seconds);
    work(arg, CHILD_FD);
    _exit(0);
  }

  if (forked < 0) {
    ftps_error_set_errno(err, errno, "starting a process");
  }
  (void) close(ends[1]);
  if (forked < 0) {
    (void) close(ends[0]);
  }
  return forked < 0 ? -1 : ends[0];
}
