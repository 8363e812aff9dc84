/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * keeper.c: see keeper.h.
 */
#include "keys/signer/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/daemon.h"
#include "keys/keyarea.h"
#include "keys/signer/lockdown.h"
#include "keys/passphrase.h"
#include "keys/signer/permit.h"
#include "keys/signer/signer.h"

/* ProFTPD uses the descriptors below. */
#define LOWEST_FD 10

/* If a signer ends at once, there is a pause before the next one. */
#define SHORT_LIFE_MS 100
#define PAUSE_MS      10

struct ftps_keeper {
  unsigned int refs;
  struct ftps_daemon *daemon;
  struct ftps_channel channel;
  int life; /* is closed when the keeper ends */
  bool is_trial;
  struct ftps_permit trial;
};

/* The ends of the two processes. */
struct ends {
  int hello[2]; /* ours, theirs */
  int life[2];  /* ours, the keeper's */
};

int ftps_keeper_id(const EVP_PKEY *public_half, unsigned char *id) {
  unsigned char *der = NULL;
  int len = i2d_PUBKEY(public_half, &der);
  unsigned int size = 0;
  int res = len > 0 &&
          EVP_Digest(der, (size_t) len, id, &size, EVP_sha256(), NULL) == 1 &&
          size == FTPS_CHANNEL_ID
      ? 0
      : -1;

  OPENSSL_free(der);
  return res;
}

static void close_ends(const struct ends *ends) {
  ftps_child_close_pipe(ends->hello);
  ftps_child_close_pipe(ends->life);
}

static int move_up(int *fd) {
  int moved = fcntl(*fd, F_DUPFD_CLOEXEC, LOWEST_FD);

  (void) close(*fd);
  *fd = moved;
  return moved < 0 ? -1 : 0;
}

static int open_ends(struct ends *ends) {
  int on = 1, moved;

  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends->hello) < 0) {
    ends->hello[0] = ends->hello[1] = -1;
    return -1;
  }
  if (pipe2(ends->life, O_CLOEXEC) < 0) {
    ends->life[0] = ends->life[1] = -1;
    return -1;
  }

  moved = move_up(&ends->hello[0]) | move_up(&ends->hello[1]) |
      move_up(&ends->life[0]) | move_up(&ends->life[1]);
  return moved < 0
      ? -1
      : setsockopt(ends->hello[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
}

/* All channels may be open at the same time. */
static void raise_limit(void) {
  struct rlimit limit;

  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    (void) setrlimit(RLIMIT_NOFILE, &limit);
  }
}

/* Keeps only these keys of all that the daemon has. */
static void keep_only(struct ftps_daemon *daemon,
    const struct ftps_keeper_key *keys, size_t n) {
  for (size_t i = 0; i < n; i++) {
    ftps_keyarea_lock(keys[i].area, keys[i].slot);
    ftps_keyarea_mark(keys[i].area, keys[i].slot);
  }

  ftps_permit_mark(daemon);
  ftps_keyarea_drop_unmarked(daemon);
  ftps_passphrase_forget(daemon->passphrases);
  if (daemon->forget_tickets != NULL) {
    daemon->forget_tickets(daemon->tickets);
  }
}

static void run_signer(const struct ftps_signer_props *props) {
  (void) prctl(PR_SET_NAME, "ftps-signer", 0, 0, 0);
  raise_limit();
  ftps_lockdown_calls();
  _exit(ftps_signer_run(props) == 0 ? 0 : 1);
}

static void pause_a_little(void) {
  const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };

  (void) nanosleep(&pause, NULL);
}

static bool has_ended_well(pid_t pid) {
  int status = 0;

  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }

  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* True if nobody can send a hello any more: then a signer that cannot work, for
 * example without memory, is not needed any more.
 */
static bool is_forsaken(int hello) {
  struct pollfd pfd = { .fd = hello };

  return poll(&pfd, 1, 0) > 0 && (pfd.revents & POLLHUP) != 0;
}

static void keep(const struct ftps_signer_props *props, int life) {
  bool is_over = false;

  (void) prctl(PR_SET_NAME, "ftps-keeper", 0, 0, 0);
  while (!is_over) {
    uint64_t start = ftps_clock_ms();
    pid_t pid = fork();

    if (pid == 0) {
      (void) close(life);
      run_signer(props);
    }

    is_over = (pid > 0 && has_ended_well(pid)) || is_forsaken(props->hello);
    if (!is_over && ftps_clock_ms() - start < SHORT_LIFE_MS) {
      pause_a_little();
    }
  }

  _exit(0);
}

static void become_keeper(struct ftps_daemon *daemon,
    const struct ftps_keeper_key *keys, struct ftps_signer_props *props,
    const struct ends *ends) {
  int kept[2] = { ends->hello[1], ends->life[1] };

  if (kept[0] > kept[1]) {
    kept[0] = ends->life[1];
    kept[1] = ends->hello[1];
  }

  ftps_child_reset_signals();
  (void) alarm(0);
  (void) setsid();
  if (chdir("/") < 0) {
    _exit(1);
  }
  ftps_lockdown_descriptors(kept, 2);
  keep_only(daemon, keys, props->count);
  ftps_lockdown_privileges();
  keep(props, ends->life[1]);
}

static int describe_keys(const struct ftps_keeper_key *keys, size_t n,
    struct ftps_signer_key *out) {
  for (size_t i = 0; i < n; i++) {
    if (ftps_keeper_id(keys[i].public_half, out[i].id) < 0) {
      return -1;
    }
    out[i].numbers = ftps_keyarea_get0(keys[i].area, keys[i].slot);
    out[i].places = keys[i].places;
    out[i].place_count = keys[i].place_count;
    out[i].is_free = keys[i].is_free;
  }

  return 0;
}

/* It is not a child of the daemon, which would not know it. */
static int start_processes(struct ftps_daemon *daemon,
    const struct ftps_keeper_key *keys, struct ftps_signer_props *props,
    const struct ends *ends) {
  sigset_t child, before;
  pid_t pid;

  (void) sigemptyset(&child);
  (void) sigaddset(&child, SIGCHLD);
  (void) sigprocmask(SIG_BLOCK, &child, &before);
  pid = fork();
  if (pid == 0) {
    pid = fork();
    if (pid == 0) {
      become_keeper(daemon, keys, props, ends);
    }
    _exit(pid < 0);
  }

  if (pid > 0 && !has_ended_well(pid)) {
    pid = -1;
  }
  (void) sigprocmask(SIG_SETMASK, &before, NULL);
  return pid < 0 ? -1 : 0;
}

static struct ftps_keeper *new_keeper(struct ftps_daemon *daemon,
    const struct ends *ends) {
  struct ftps_keeper *keeper = OPENSSL_zalloc(sizeof(*keeper));

  if (keeper != NULL) {
    keeper->refs = 1;
    keeper->daemon = daemon;
    keeper->channel.hello = ends->hello[0];
    keeper->channel.fd = -1;
    keeper->life = ends->life[0];
  }

  return keeper;
}

static int start_with(struct ftps_daemon *daemon,
    const struct ftps_keeper_key *keys, size_t n, struct ends *ends) {
  struct ftps_signer_props props = { .daemon = daemon, .count = n };
  int res = -1;

  props.hello = ends->hello[1];
  props.keys = OPENSSL_zalloc(n * sizeof(*props.keys));
  if (props.keys != NULL && describe_keys(keys, n, props.keys) == 0) {
    res = start_processes(daemon, keys, &props, ends);
  }

  OPENSSL_free(props.keys);
  return res;
}

struct ftps_keeper *ftps_keeper_start(struct ftps_daemon *daemon,
    const struct ftps_keeper_key *keys, size_t n, struct ftps_error *err) {
  struct ends ends = { { -1, -1 }, { -1, -1 } };
  struct ftps_keeper *keeper = NULL;

  if (ftps_permit_prepare(daemon, err) < 0) {
    return NULL;
  }

  if (open_ends(&ends) == 0) {
    keeper = new_keeper(daemon, &ends);
  }
  if (keeper != NULL && start_with(daemon, keys, n, &ends) < 0) {
    OPENSSL_free(keeper);
    keeper = NULL;
  }

  if (keeper == NULL) {
    ftps_error_set_errno(err, errno, "starting the process that signs");
    close_ends(&ends);
    return NULL;
  }

  (void) close(ends.hello[1]);
  (void) close(ends.life[1]);
  return keeper;
}

struct ftps_keeper *ftps_keeper_ref(struct ftps_keeper *keeper) {
  keeper->refs++;
  return keeper;
}

void ftps_keeper_unref(struct ftps_keeper *keeper) {
  if (keeper == NULL || --keeper->refs > 0) {
    return;
  }

  ftps_channel_end(&keeper->channel);
  (void) close(keeper->channel.hello);
  (void) close(keeper->life);
  OPENSSL_free(keeper);
}

enum ftps_signed ftps_keeper_ask(struct ftps_keeper *keeper,
    struct ftps_channel_request *request, struct ftps_channel_reply *reply) {
  const struct ftps_permit *permit =
      keeper->is_trial ? &keeper->trial : ftps_permit_get0_own(keeper->daemon);

  return permit != NULL
      ? ftps_channel_ask(&keeper->channel, permit, request, reply)
      : FTPS_SIGNED_GONE;
}

int ftps_keeper_begin_trial(struct ftps_keeper *keeper,
    const struct ftps_place *place) {
  keeper->is_trial = true;
  return ftps_permit_write_trial(keeper->daemon, place, &keeper->trial);
}

/* A session must not have the daemon's channel. */
void ftps_keeper_end_trial(struct ftps_keeper *keeper) {
  keeper->is_trial = false;
  ftps_channel_end(&keeper->channel);
}

bool ftps_keeper_is_lost(const struct ftps_keeper *keeper) {
  struct pollfd pfd = { .fd = keeper->life };

  return ftps_keeper_is_gone(keeper) ||
      (poll(&pfd, 1, 0) > 0 && (pfd.revents & (POLLHUP | POLLERR)) != 0);
}

bool ftps_keeper_is_gone(const struct ftps_keeper *keeper) {
  return ftps_channel_is_gone(&keeper->channel);
}
