/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keeping.c: see keeping.h.
 */
#include "keys/signer/keeping.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/daemon.h"
#include "counts/counts.h"
#include "keys/keyarea.h"
#include "keys/passphrase.h"
#include "keys/signer/feed.h"
#include "keys/signer/lockdown.h"
#include "keys/signer/permit.h"
#include "keys/signer/signer.h"

/* If a signer ends at once, there is a pause before the next one. */
#define SHORT_LIFE_MS 100
#define PAUSE_MS      10

/* A signer that is stopped must not stop the keeper for ever. */
#define LINK_SECONDS 5

/* Descriptors of the signer that are no channels, and some more. */
#define OTHER_FDS 16U

struct keeping {
  const struct ftps_keeping *props;
  struct ftps_signer_keys keys;
  int feed; /* -1: the daemon needs it no more */
  bool is_waiting;
  int link; /* to the signer; -1: there is none */
  pid_t signer;
  uint64_t started; /* ms */
};

/* Each session has a channel.  Returns how many may be open. */
static size_t raise_limit(void) {
  struct rlimit limit = { .rlim_cur = 4 * OTHER_FDS };

  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    rlim_t before = limit.rlim_cur;

    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
      limit.rlim_cur = before;
    }
  }

  return limit.rlim_cur > 2 * OTHER_FDS ? limit.rlim_cur - OTHER_FDS
                                        : OTHER_FDS;
}

/* The keeper needs one secret of the daemon: the one that proves permits. */
static void drop_secrets(struct ftps_daemon *daemon) {
  ftps_permit_mark(daemon);
  ftps_keyarea_drop_unmarked(daemon);
  ftps_passphrase_forget(daemon->passphrases);
  if (daemon->forget_tickets != NULL) {
    daemon->forget_tickets(daemon->tickets);
  }
}

static void set_name(const struct ftps_daemon *daemon, const char *name) {
  (void) prctl(PR_SET_NAME, name, 0, 0, 0);
  if (daemon->set_title != NULL) {
    daemon->set_title(name);
  }
}

static void run_signer(struct keeping *keeping, int link) {
  const struct ftps_keeping *props = keeping->props;
  struct ftps_signer_props own = { .daemon = props->daemon,
    .keys = &keeping->keys,
    .hello = props->hello,
    .link = link,
    .number = props->number };

  (void) close(props->life);
  if (keeping->feed >= 0) {
    (void) close(keeping->feed);
  }

  set_name(props->daemon, "ftps-signer");
  own.channels_max = raise_limit();
  if (!props->has_tokens) {
    ftps_lockdown_calls();
  }
  _exit(ftps_signer_run(&own) == 0 ? 0 : 1);
}

/* True if nobody can send a hello any more: then a signer that cannot work, for
 * example without memory, is not needed any more.
 */
static bool is_forsaken(const struct keeping *keeping) {
  struct pollfd pfd = { .fd = keeping->props->hello };

  return poll(&pfd, 1, 0) > 0 && (pfd.revents & POLLHUP) != 0;
}

static void start_signer(struct keeping *keeping) {
  const struct timeval timeout = { .tv_sec = LINK_SECONDS };
  int ends[2];

  if (keeping->started != 0) {
    ftps_counts_add(keeping->props->daemon->counts, FTPS_COUNTS_REVIVED, 1);
  }
  keeping->started = ftps_clock_ms();
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
    return;
  }

  (void) setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &timeout,
      sizeof(timeout));
  keeping->signer = fork();
  if (keeping->signer == 0) {
    (void) close(ends[0]);
    run_signer(keeping, ends[1]);
  }

  (void) close(ends[1]);
  keeping->link = ends[0];
  if (keeping->signer < 0) {
    (void) close(ends[0]);
    keeping->link = -1;
  }
}

/* Returns true if there is no work for another one. */
static bool end_signer(struct keeping *keeping) {
  bool is_over = ftps_child_wait(keeping->signer);

  (void) close(keeping->link);
  keeping->link = -1;
  return is_over;
}

/* A signer that has ended gets the key by fork, with the others. */
static void hear_daemon(struct keeping *keeping) {
  size_t index = 0;
  int res = ftps_feed_receive(keeping->feed, &keeping->keys, &index);

  if (res == 0) {
    (void) close(keeping->feed);
    keeping->feed = -1;
  }
  if (res == 0 || res == FTPS_FEED_START) {
    keeping->is_waiting = false;
  }
  if (res == FTPS_FEED_FORGET && keeping->link >= 0) {
    (void) ftps_feed_send_forget(keeping->link, keeping->keys.forgotten);
  }
  if (res == 1 && keeping->link >= 0) {
    const struct ftps_signer_key *key = &keeping->keys.list[index];

    (void) ftps_feed_send(keeping->link, key, key->numbers);
  }
}

static bool has_signer(struct keeping *keeping) {
  if (keeping->link < 0 && !keeping->is_waiting) {
    if (ftps_clock_ms() - keeping->started < SHORT_LIFE_MS) {
      ftps_clock_pause(PAUSE_MS);
    }
    start_signer(keeping);
  }

  return keeping->link >= 0;
}

static void keep(struct keeping *keeping) {
  while (has_signer(keeping) || !is_forsaken(keeping)) {
    struct pollfd pfds[2] = { { .fd = keeping->feed, .events = POLLIN },
      { .fd = keeping->link } };

    if (keeping->link < 0 && !keeping->is_waiting) {
      ftps_clock_pause(PAUSE_MS);
      continue;
    }

    if (poll(pfds, 2, -1) < 0) {
      continue;
    }
    if (pfds[0].revents != 0) {
      hear_daemon(keeping);
    }
    if (pfds[1].revents != 0 && (end_signer(keeping) || is_forsaken(keeping))) {
      break;
    }
  }
}

static int compare(const void *a, const void *b) {
  return *(const int *) a - *(const int *) b;
}

void ftps_keeping_run(const struct ftps_keeping *props) {
  struct keeping keeping = { .props = props,
    .feed = props->feed,
    .is_waiting = props->is_waiting,
    .link = -1 };
  int kept[3] = { props->hello, props->feed, props->life };

  ftps_child_reset_signals();
  (void) alarm(0);
  (void) setsid();
  if (chdir("/") < 0) {
    _exit(1);
  }

  qsort(kept, 3, sizeof(kept[0]), compare);
  ftps_lockdown_descriptors(kept, 3);
  drop_secrets(props->daemon);
  ftps_lockdown_privileges(props->has_tokens);
  set_name(props->daemon, "ftps-keeper");
  keep(&keeping);
  _exit(0);
}
