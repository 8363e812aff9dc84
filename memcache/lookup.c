/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * lookup.c: see lookup.h.
 */
#include "lookup.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/fds.h"

#define IN_TIME "no answer of the resolver in time"

/* The two caches of a configuration look up the same names, one right after the
 * other.
 */
#define FRESH_MS 2000U

/* What a child writes, at once. */
struct answer {
  struct sockaddr_storage address;
  socklen_t len; /* 0: none, and why */
  char fault[128];
};

struct known {
  char name[FTPS_SERVERS_NAME_MAX + 1];
  struct answer last; /* an address that was found, and the last fault */
  uint64_t asked;     /* ms; 0: the place is free */
};

/* Room for an old configuration beside the new one.  It keeps its values over
 * SIGHUP, because the module is linked nodelete.
 */
static struct known all_known[2 * FTPS_SERVERS_MAX];

static struct known *find_known(const char *name, uint64_t now) {
  struct known *oldest = &all_known[0];

  for (size_t i = 0; i < sizeof(all_known) / sizeof(all_known[0]); i++) {
    if (all_known[i].asked != 0 && strcmp(all_known[i].name, name) == 0) {
      return &all_known[i];
    }
    if (all_known[i].asked < oldest->asked) {
      oldest = &all_known[i];
    }
  }

  memset(oldest, 0, sizeof(*oldest));
  (void) snprintf(oldest->name, sizeof(oldest->name), "%.255s", name);
  oldest->asked = now > FRESH_MS ? now - FRESH_MS : 1;
  return oldest;
}

static void look_up(const void *arg, int fd) {
  struct ftps_server server = { .name = arg };
  const char *fault = ftps_servers_find_address(&server);
  struct answer answer;

  memset(&answer, 0, sizeof(answer));
  answer.address = server.address;
  answer.len = server.address_len;
  (void) snprintf(answer.fault, sizeof(answer.fault), "%.127s",
      fault != NULL ? fault : "");
  (void) !write(fd, &answer, sizeof(answer));
}

static void say(struct known *known, const char *fault) {
  known->asked = ftps_clock_ms();
  (void) snprintf(known->last.fault, sizeof(known->last.fault), "%.127s",
      fault);
}

/* The child that wrote it is ours, and has no other input than the resolver. */
static void take_answer(struct known *known, int fd) {
  struct answer answer;

  if (read(fd, &answer, sizeof(answer)) != (ssize_t) sizeof(answer)) {
    say(known, IN_TIME);
  } else if (answer.len > 0) {
    known->last = answer;
    known->asked = ftps_clock_ms();
  } else {
    answer.fault[sizeof(answer.fault) - 1] = '\0';
    say(known, answer.fault);
  }
}

static bool is_any_open(const struct pollfd *fds, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (fds[i].fd >= 0) {
      return true;
    }
  }

  return false;
}

static void take_all(struct known **known, struct pollfd *fds, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (known[i] != NULL && fds[i].fd >= 0 && fds[i].revents != 0) {
      take_answer(known[i], fds[i].fd);
      ftps_fds_close(&fds[i].fd);
    }
  }
}

/* Descriptors become -1 as their children answer or end. */
static void collect(struct known **known, struct pollfd *fds, size_t count) {
  uint64_t now = ftps_clock_ms(), until = now + FTPS_LOOKUP_SECONDS * 1000U;

  while (is_any_open(fds, count) && now < until) {
    if (poll(fds, (nfds_t) count, (int) (until - now)) > 0) {
      take_all(known, fds, count);
    }
    now = ftps_clock_ms();
  }

  for (size_t i = 0; i < count; i++) {
    if (known[i] != NULL && fds[i].fd >= 0) {
      say(known[i], IN_TIME);
      ftps_fds_close(&fds[i].fd);
    }
  }
}

static int start(const char *name, struct known *known) {
  struct ftps_error err;
  int fd;

  ftps_error_clear(&err);
  fd = ftps_child_detach(look_up, name, FTPS_LOOKUP_SECONDS, &err);
  if (fd < 0) {
    say(known, err.text);
  }
  return fd;
}

void ftps_lookup_addresses(struct ftps_server *servers, size_t count,
    const char **faults_out) {
  struct known *known[FTPS_SERVERS_MAX] = { NULL };
  struct pollfd fds[FTPS_SERVERS_MAX];
  uint64_t now = ftps_clock_ms();

  for (size_t i = 0; i < count; i++) {
    fds[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
    faults_out[i] = NULL;
    if (ftps_servers_read_address(&servers[i])) {
      continue;
    }
    known[i] = find_known(servers[i].name, now);
    if (now - known[i]->asked >= FRESH_MS) {
      fds[i].fd = start(servers[i].name, known[i]);
    }
  }

  collect(known, fds, count);
  for (size_t i = 0; i < count; i++) {
    if (known[i] != NULL) {
      servers[i].address = known[i]->last.address;
      servers[i].address_len = known[i]->last.len;
      faults_out[i] =
          known[i]->last.fault[0] != '\0' ? known[i]->last.fault : NULL;
    }
  }
}
