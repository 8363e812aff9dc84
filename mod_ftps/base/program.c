/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * program.c: see program.h.
 */
#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"

#define GRACE_MS 1000
#define TICK_MS  5

/* A limit, because a program may print without end. */
#define READS_PER_TURN 64

enum stream {
  STREAM_OUTPUT,
  STREAM_COMPLAINT,
  STREAM_COUNT
};

struct run {
  pid_t pid;
  bool has_ended;
  bool is_too_long;
  int status;
  struct pollfd streams[STREAM_COUNT];
  size_t complaint_len;
  struct ftps_program_output *output;
};

static void become_program(char *const argv[], int output, int complaint) {
  char path[] =
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  char *const environment[] = { path, NULL };
  int null = open("/dev/null", O_RDWR);

  (void) setsid();
  if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 ||
      dup2(complaint, 2) < 0 || chdir("/") < 0) {
    _exit(127);
  }

  closefrom(3);
  ftps_child_reset_signals();

  /* Shells give up effective rights that the real user does not have. */
  if (ftps_child_drop_ids() < 0) {
    _exit(127);
  }
  (void) execve(argv[0], argv, environment);
  (void) dprintf(2, "%s", strerror(errno));
  _exit(127);
}

static void take_output(struct run *run, const char *bytes, size_t len) {
  struct ftps_program_output *output = run->output;

  if (len > sizeof(output->text) - 1 - output->len) {
    run->is_too_long = true;
    return;
  }

  memcpy(output->text + output->len, bytes, len);
  output->len += len;
}

static void take_complaint(struct run *run, const char *bytes, size_t len) {
  struct ftps_program_output *output = run->output;

  for (size_t i = 0; i < len; i++) {
    if (run->complaint_len == sizeof(output->complaint) - 1) {
      return;
    }

    if (bytes[i] < ' ' || bytes[i] > '~') {
      output->complaint[run->complaint_len++] = ' ';
    } else {
      output->complaint[run->complaint_len++] = bytes[i];
    }
  }
}

static void read_stream(struct run *run, enum stream which) {
  struct pollfd *stream = &run->streams[which];
  char bytes[512];
  ssize_t got = 1;

  for (int i = 0; i < READS_PER_TURN && got > 0; i++) {
    got = read(stream->fd, bytes, sizeof(bytes));
    if (got <= 0) {
      break;
    }

    if (which == STREAM_OUTPUT) {
      take_output(run, bytes, (size_t) got);
    } else {
      take_complaint(run, bytes, (size_t) got);
    }
  }

  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
    stream->fd = -1;
  }
  explicit_bzero(bytes, sizeof(bytes));
}

static void check_end(struct run *run) {
  int status;

  if (!run->has_ended && waitpid(run->pid, &status, WNOHANG) == run->pid) {
    run->has_ended = true;
    run->status =
        WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}

/* Waits until the program has ended, not until its streams are closed: a
 * process that it leaves in the background may hold them open.
 */
static bool watch(struct run *run, uint64_t ms) {
  uint64_t end = ftps_clock_ms() + ms;

  do {
    (void) poll(run->streams, STREAM_COUNT, TICK_MS);
    check_end(run);
    for (int i = 0; i < STREAM_COUNT; i++) {
      if (run->streams[i].fd >= 0) {
        read_stream(run, (enum stream) i);
      }
    }
  } while (!run->has_ended && !run->is_too_long && ftps_clock_ms() < end);

  return run->has_ended;
}

static void end_program(struct run *run) {
  (void) kill(-run->pid, SIGTERM);
  run->is_too_long = false;
  if (!watch(run, GRACE_MS)) {
    (void) kill(-run->pid, SIGKILL);
    (void) waitpid(run->pid, NULL, 0);
  }
}

/* Line ends have become blanks; removes those at the start and the end. */
static void trim_complaint(struct run *run) {
  char *text = run->output->complaint;
  size_t len = run->complaint_len, start = strspn(text, " ");

  while (len > start && text[len - 1] == ' ') {
    len--;
  }

  memmove(text, text + start, len - start);
  text[len - start] = '\0';
}

static int supervise(struct run *run, unsigned int seconds,
    struct ftps_error *err) {
  bool is_too_long;
  int res = 0;

  (void) watch(run, seconds * 1000ULL);
  is_too_long = run->is_too_long;
  if (!run->has_ended) {
    end_program(run);
    res = -1;
  }

  if (is_too_long) {
    ftps_error_set(err, "printed more than %d bytes",
        FTPS_PROGRAM_OUTPUT_SIZE - 1);
    res = -1;
  } else if (res < 0) {
    ftps_error_set(err, "did not end within %u seconds", seconds);
    run->output->is_late = true;
  }

  trim_complaint(run);
  run->output->status = run->status;
  return res;
}

int ftps_program_run(char *const argv[], unsigned int seconds,
    struct ftps_program_output *output, struct ftps_error *err) {
  struct run run = { .output = output };
  int out[2] = { -1, -1 }, complaint[2] = { -1, -1 };
  int res = -1;

  memset(output, 0, sizeof(*output));
  if (ftps_child_open_pipe(out) < 0 || ftps_child_open_pipe(complaint) < 0 ||
      (run.pid = fork()) < 0) {
    ftps_error_set_errno(err, errno, "starting it");
    goto done;
  }

  if (run.pid == 0) {
    become_program(argv, out[1], complaint[1]);
  }

  (void) close(out[1]);
  (void) close(complaint[1]);
  out[1] = complaint[1] = -1;
  run.streams[STREAM_OUTPUT] = (struct pollfd){ out[0], POLLIN, 0 };
  run.streams[STREAM_COMPLAINT] = (struct pollfd){ complaint[0], POLLIN, 0 };
  res = supervise(&run, seconds, err);

done:
  ftps_child_close_pipe(out);
  ftps_child_close_pipe(complaint);
  return res;
}
