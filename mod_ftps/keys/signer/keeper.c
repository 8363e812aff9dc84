/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keeper.c: see keeper.h.
 */
#include "keys/signer/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/x509.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/daemon.h"
#include "base/fds.h"
#include "counts/counts.h"
#include "keys/signer/feed.h"
#include "keys/signer/keeping.h"
#include "keys/signer/permit.h"

/* A keeper that is stopped must not stop the daemon for ever. */
#define FEED_SECONDS 5

/* If processes are lacking, the daemon tries again after this time. */
#define RESTART_PAUSE_MS 10000

/* How long a key is kept that no pair in the daemon has any more, because
 * sessions may have a pair from before its renewal, and need it for data
 * connections.
 */
#define RETIRED_MS (30ULL * 24 * 60 * 60 * 1000)

/* One of its keys. */
struct kept_key {
  struct kept_key *next;
  unsigned char id[FTPS_CHANNEL_ID];
  unsigned int users; /* pairs in the daemon */
  uint64_t retired;   /* ms, since there are none */
  bool is_forgotten;  /* the keeper has it no more */
};

struct ftps_keeper {
  struct ftps_keeper *next; /* in the list of the daemon */
  unsigned int refs;
  struct ftps_daemon *daemon;
  struct ftps_channel channel;
  struct kept_key *keys;
  bool has_tokens, is_current, is_trial;
  struct ftps_permit trial;
  enum ftps_signed tried; /* how the last signature of a trial ended */

  /* In the daemon; -1 in a session. */
  int theirs; /* the signer's end of the hello pair */
  int feed;
  int life; /* hangs up when the keeper ends */
  uint32_t starts;
  uint64_t failed; /* ms, when it could not be started again; 0: never */
};

/* Those for files, those for tokens. */
struct ftps_keepers {
  struct ftps_keeper *list;
  bool wants_new[2];
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

static int open_pair(int ends[2]) {
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
    ends[0] = ends[1] = -1;
    return -1;
  }

  return ftps_fds_move_both(ends);
}

static int open_pipe(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) < 0) {
    ends[0] = ends[1] = -1;
    return -1;
  }

  return ftps_fds_move_both(ends);
}

/* It is not a child of the daemon, which would not know it. */
static int fork_keeper(const struct ftps_keeping *props) {
  int forked = ftps_child_fork();

  if (forked == 0) {
    ftps_keeping_run(props);
  }

  return forked;
}

static int start_processes(struct ftps_keeper *keeper) {
  const struct timeval timeout = { .tv_sec = FEED_SECONDS };
  int feed[2] = { -1, -1 }, life[2] = { -1, -1 };
  struct ftps_keeping props = { .daemon = keeper->daemon,
    .hello = keeper->theirs,
    .has_tokens = keeper->has_tokens,
    .is_waiting = keeper->starts > 0,
    .number = keeper->starts };

  if (open_pair(feed) < 0 || open_pipe(life) < 0) {
    ftps_child_close_pipe(feed);
    ftps_child_close_pipe(life);
    return -1;
  }

  props.feed = feed[1];
  props.life = life[1];
  (void) setsockopt(feed[0], SOL_SOCKET, SO_SNDTIMEO, &timeout,
      sizeof(timeout));
  if (fork_keeper(&props) < 0) {
    ftps_child_close_pipe(feed);
    ftps_child_close_pipe(life);
    return -1;
  }

  (void) close(feed[1]);
  (void) close(life[1]);
  keeper->feed = feed[0];
  keeper->life = life[0];
  keeper->starts++;
  ftps_fds_watch(keeper->life);
  return 0;
}

static struct ftps_keepers *list_of(struct ftps_daemon *daemon) {
  if (daemon->keepers == NULL) {
    daemon->keepers = OPENSSL_zalloc(sizeof(*daemon->keepers));
  }

  return daemon->keepers;
}

static struct ftps_keeper *first_of(const struct ftps_daemon *daemon) {
  return daemon->keepers != NULL ? daemon->keepers->list : NULL;
}

static void replace_current(struct ftps_keepers *keepers,
    struct ftps_keeper *keeper) {
  for (struct ftps_keeper *k = keepers->list; k != NULL; k = k->next) {
    k->is_current = k->is_current && k->has_tokens != keeper->has_tokens;
  }

  keeper->is_current = true;
  keeper->next = keepers->list;
  keepers->list = keeper;
  keepers->wants_new[keeper->has_tokens] = false;
}

static void take_out(struct ftps_keeper *keeper) {
  struct ftps_keeper **link = &keeper->daemon->keepers->list;

  while (*link != NULL && *link != keeper) {
    link = &(*link)->next;
  }
  if (*link != NULL) {
    *link = keeper->next;
  }
}

static int open_hello(struct ftps_keeper *keeper) {
  int hello[2], on = 1;

  if (open_pair(hello) < 0 ||
      setsockopt(hello[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0) {
    ftps_child_close_pipe(hello);
    return -1;
  }

  keeper->channel.hello = hello[0];
  keeper->theirs = hello[1];
  return 0;
}

static struct ftps_keeper *new_keeper(struct ftps_daemon *daemon,
    bool has_tokens) {
  struct ftps_keeper *keeper = OPENSSL_zalloc(sizeof(*keeper));

  if (keeper == NULL) {
    return NULL;
  }

  keeper->refs = 1;
  keeper->daemon = daemon;
  keeper->has_tokens = has_tokens;
  keeper->channel.fd = keeper->feed = keeper->life = -1;
  if (open_hello(keeper) < 0) {
    OPENSSL_free(keeper);
    return NULL;
  }

  return keeper;
}

void ftps_keepers_begin(struct ftps_daemon *daemon) {
  struct ftps_keepers *keepers = list_of(daemon);

  if (keepers != NULL) {
    keepers->wants_new[false] = keepers->wants_new[true] = true;
  }
}

void ftps_keepers_end(struct ftps_daemon *daemon) {
  if (daemon->keepers != NULL) {
    daemon->keepers->wants_new[false] = daemon->keepers->wants_new[true] =
        false;
  }
}

struct ftps_keeper *ftps_keeper_get0_current(const struct ftps_daemon *daemon,
    bool has_tokens) {
  struct ftps_keeper *keeper = first_of(daemon);

  while (keeper != NULL &&
      (!keeper->is_current || keeper->has_tokens != has_tokens)) {
    keeper = keeper->next;
  }

  return keeper;
}

struct ftps_keeper *ftps_keeper_get1(struct ftps_daemon *daemon,
    bool has_tokens, struct ftps_error *err) {
  struct ftps_keepers *keepers = list_of(daemon);
  struct ftps_keeper *keeper = ftps_keeper_get0_current(daemon, has_tokens);

  if (keeper != NULL && !keepers->wants_new[has_tokens]) {
    return ftps_keeper_ref(keeper);
  }

  if (keepers == NULL || ftps_permit_prepare(daemon, err) < 0) {
    return NULL;
  }

  keeper = new_keeper(daemon, has_tokens);
  if (keeper != NULL) {
    replace_current(keepers, keeper);
  }
  if (keeper == NULL || start_processes(keeper) < 0) {
    ftps_error_set_errno(err, errno, "starting the process that signs");
    ftps_keeper_unref(keeper);
    return NULL;
  }

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

  take_out(keeper);
  while (keeper->keys != NULL) {
    struct kept_key *next = keeper->keys->next;

    OPENSSL_free(keeper->keys);
    keeper->keys = next;
  }
  ftps_channel_end(&keeper->channel);
  ftps_fds_close(&keeper->channel.hello);
  ftps_fds_close(&keeper->theirs);
  ftps_fds_close(&keeper->feed);
  ftps_fds_close(&keeper->life);
  OPENSSL_free(keeper);
}

static struct kept_key *find_key(struct ftps_keeper *keeper,
    const unsigned char *id) {
  struct kept_key *key = keeper->keys;

  while (key != NULL && memcmp(key->id, id, sizeof(key->id)) != 0) {
    key = key->next;
  }

  return key;
}

/* Without memory the key just stays for ever. */
void ftps_keeper_use(struct ftps_keeper *keeper, const unsigned char *id) {
  struct kept_key *key = find_key(keeper, id);

  if (key == NULL) {
    key = OPENSSL_zalloc(sizeof(*key));
    if (key == NULL) {
      return;
    }
    memcpy(key->id, id, sizeof(key->id));
    key->next = keeper->keys;
    keeper->keys = key;
  }
  key->users++;
  key->is_forgotten = false;
}

void ftps_keeper_leave(struct ftps_keeper *keeper, const unsigned char *id) {
  struct kept_key *key = find_key(keeper, id);

  if (key != NULL && key->users > 0 && --key->users == 0) {
    key->retired = ftps_clock_ms();
  }
}

static void forget_retired(struct ftps_keeper *keeper, uint64_t now) {
  struct kept_key **link = &keeper->keys;

  while (*link != NULL) {
    struct kept_key *key = *link;

    if (key->users > 0 ||
        (!key->is_forgotten && now - key->retired < RETIRED_MS)) {
      link = &key->next;
      continue;
    }

    if (keeper->feed >= 0 && !key->is_forgotten) {
      (void) ftps_feed_send_forget(keeper->feed, key->id);
    }
    *link = key->next;
    OPENSSL_free(key);
  }
}

void ftps_keepers_forget_retired(struct ftps_daemon *daemon) {
  uint64_t now = ftps_clock_ms();

  for (struct ftps_keeper *k = first_of(daemon); k != NULL; k = k->next) {
    forget_retired(k, now);
  }
}

static int list_places(const struct ftps_keeper_key *from,
    struct ftps_signer_key *key) {
  int res = 0;

  for (size_t i = 0; i < from->place_count && res == 0; i++) {
    res = ftps_feed_add_places(key, from->places[i], 1);
  }

  return res;
}

int ftps_keeper_feed(struct ftps_keeper *keeper,
    const struct ftps_keeper_key *from, struct ftps_error *err) {
  struct ftps_signer_key key = { .is_free = from->is_free };
  int res = -1;

  if (ftps_keeper_id(from->public_half, key.id) == 0 &&
      list_places(from, &key) == 0) {
    res = ftps_feed_send(keeper->feed, &key, from->numbers);
  }
  if (res < 0) {
    ftps_error_set_errno(err, errno, "giving a key to the process that signs");
  }

  OPENSSL_free(key.places);
  return res;
}

void ftps_keeper_forget(struct ftps_keeper *keeper,
    const EVP_PKEY *public_half) {
  unsigned char id[FTPS_CHANNEL_ID];
  struct kept_key *key;

  if (keeper->feed >= 0 && ftps_keeper_id(public_half, id) == 0) {
    (void) ftps_feed_send_forget(keeper->feed, id);
    key = find_key(keeper, id);
    if (key != NULL) {
      key->is_forgotten = true;
    }
  }
}

static void count_signature(const struct ftps_keeper *keeper,
    enum ftps_signed status, uint64_t asked) {
  struct ftps_counts *counts = keeper->daemon->counts;

  ftps_counts_add(counts,
      status == FTPS_SIGNED_OK ? FTPS_COUNTS_SIGNED : FTPS_COUNTS_NOT_SIGNED,
      1);
  ftps_counts_add(counts, FTPS_COUNTS_SIGNING_US, ftps_clock_us() - asked);
}

/* The daemon's trials are not counted. */
enum ftps_signed ftps_keeper_ask(struct ftps_keeper *keeper,
    struct ftps_channel_request *request, struct ftps_channel_reply *reply) {
  const struct ftps_permit *permit =
      keeper->is_trial ? &keeper->trial : ftps_permit_get0_own(keeper->daemon);
  uint64_t asked = ftps_clock_us();
  enum ftps_signed status = permit != NULL
      ? ftps_channel_ask(&keeper->channel, permit, request, reply)
      : FTPS_SIGNED_GONE;

  if (keeper->is_trial) {
    keeper->tried = status;
  } else {
    count_signature(keeper, status, asked);
  }
  return status;
}

void ftps_keeper_expect(struct ftps_keeper *keeper) {
  keeper->channel.may_come = keeper->channel.may_wait = true;
}

int ftps_keeper_begin_trial(struct ftps_keeper *keeper,
    const struct ftps_place *place) {
  keeper->is_trial = keeper->channel.may_come = true;
  keeper->tried = FTPS_SIGNED_OK;
  return ftps_permit_write_trial(keeper->daemon, place, &keeper->trial);
}

/* A session must not have the daemon's channel. */
void ftps_keeper_end_trial(struct ftps_keeper *keeper) {
  keeper->is_trial = keeper->channel.may_come = false;
  ftps_channel_end(&keeper->channel);
}

bool ftps_keeper_was_silent(const struct ftps_keeper *keeper) {
  return keeper->tried == FTPS_SIGNED_GONE ||
      keeper->tried == FTPS_SIGNED_LATE || keeper->tried == FTPS_SIGNED_NO_KEY;
}

bool ftps_keeper_is_gone(const struct ftps_keeper *keeper) {
  return ftps_channel_is_gone(&keeper->channel);
}

bool ftps_keeper_is_lost(const struct ftps_keeper *keeper) {
  struct pollfd pfd = { .fd = keeper->life };

  return keeper->life < 0 ||
      (poll(&pfd, 1, 0) > 0 && (pfd.revents & (POLLHUP | POLLERR)) != 0);
}

bool ftps_keeper_must_restart(const struct ftps_keeper *keeper) {
  return ftps_keeper_is_lost(keeper) &&
      (keeper->failed == 0 ||
          ftps_clock_ms() - keeper->failed >= RESTART_PAUSE_MS);
}

bool ftps_keepers_are_lost(const struct ftps_daemon *daemon) {
  const struct ftps_keeper *keeper = first_of(daemon);

  while (keeper != NULL && !ftps_keeper_must_restart(keeper)) {
    keeper = keeper->next;
  }

  return keeper != NULL;
}

/* Tells signers whose keeper was killed to end, so that there is one signer.
 * Until there is another keeper, they are the only ones.
 */
static void dismiss_orphan(const struct ftps_keeper *keeper) {
  struct ftps_permit permit;

  if (ftps_permit_write_trial(keeper->daemon, NULL, &permit) == 0) {
    ftps_channel_dismiss(&keeper->channel, &permit, keeper->starts - 1);
  }
}

/* A session that was taken over can shut the hello pair down for all.  Sessions
 * that begin later have another one.
 */
static int replace_shut(struct ftps_keeper *keeper) {
  struct ftps_keeper before = *keeper;

  if (!ftps_fds_is_shut(keeper->theirs)) {
    return 0;
  }
  if (open_hello(keeper) < 0) {
    return -1;
  }

  ftps_fds_close(&before.channel.hello);
  ftps_fds_close(&before.theirs);
  return 0;
}

int ftps_keeper_restart(struct ftps_keeper *keeper, struct ftps_error *err) {
  ftps_fds_close(&keeper->feed);
  ftps_fds_close(&keeper->life);
  if (replace_shut(keeper) < 0 || start_processes(keeper) < 0) {
    if (keeper->failed == 0) {
      ftps_error_set_errno(err, errno, "starting the process that signs again");
    }
    keeper->failed = ftps_clock_ms();
    return -1;
  }

  keeper->failed = 0;
  dismiss_orphan(keeper);
  ftps_counts_add(keeper->daemon->counts, FTPS_COUNTS_REVIVED, 1);
  return 0;
}

void ftps_keeper_go(const struct ftps_keeper *keeper) {
  (void) ftps_feed_send_start(keeper->feed);
}

void ftps_keepers_watch(struct ftps_daemon *daemon) {
  struct ftps_keeper *keeper = first_of(daemon);

  for (; keeper != NULL; keeper = keeper->next) {
    ftps_fds_watch(keeper->life);
  }
}

void ftps_keepers_leave(struct ftps_daemon *daemon) {
  struct ftps_keeper *keeper = first_of(daemon);

  for (; keeper != NULL; keeper = keeper->next) {
    ftps_fds_close(&keeper->theirs);
    ftps_fds_close(&keeper->feed);
    ftps_fds_close(&keeper->life);
  }
}
