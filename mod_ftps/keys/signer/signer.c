/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * signer.c: see signer.h.
 */
#include "keys/signer/signer.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fds.h"
#include "keys/keynumbers.h"
#include "keys/pkcs11.h"

#define EVENTS 64

/* When `hello` has ended, it serves what was sent before for so many rounds. */
#define LAST_ROUNDS 64

/* The longest wait when a descriptor that a session has sent is closed. */
#define TICK_US 10000

/* How many signatures a process may have: a stock, and new ones per second. */
#define STOCK      8
#define PER_SECOND 1

/* The same, if each transfer may need one. */
#define FREE_STOCK      200
#define FREE_PER_SECOND 500

/* One process that sends requests.  It is kept for a while after its channel
 * has closed, so that a new channel does not give it a new stock.
 */
struct asker {
  struct asker *next;
  int fd; /* -1: closed */
  struct ftps_permit permit;
  uint64_t heard_at; /* ms */
  uint64_t stock_at; /* ms */
  unsigned int used; /* thousandths of a signature, from the stock */
};

struct signer {
  const struct ftps_signer_props *props;
  int epoll;
  int hello; /* -1: nobody has its other end */
  int link;  /* -1: its keeper has ended */
  bool is_dismissed;
  struct asker *askers;
  size_t open;
};

static void on_tick(int sig) {
  (void) sig;
}

static void hear_ticks(void) {
  struct sigaction action = { .sa_handler = on_tick, .sa_flags = SA_RESTART };

  (void) sigemptyset(&action.sa_mask);
  (void) sigaction(SIGALRM, &action, NULL);
}

/* A session may send a TCP connection of which the end takes as long as it
 * likes (SO_LINGER).  The kernel waits for that when it is closed here, or is
 * dropped with a message; a signal ends the wait.  So what receives or closes
 * stands between two calls of this.
 */
static void limit_waits(bool is_limited) {
  const struct timeval tick = { .tv_usec = is_limited ? TICK_US : 0 };
  const struct itimerval timer = { tick, tick };

  (void) setitimer(ITIMER_REAL, &timer, NULL);
}

static void close_channel(struct signer *signer, struct asker *asker) {
  if (asker->fd >= 0) {
    ftps_fds_close(&asker->fd);
    signer->open--;
  }
}

static void drop_channel(struct signer *signer, struct asker *asker) {
  limit_waits(true);
  close_channel(signer, asker);
  limit_waits(false);
}

static struct asker *find_asker(const struct signer *signer, pid_t pid) {
  struct asker *asker = signer->askers;

  while (asker != NULL && asker->permit.pid != pid) {
    asker = asker->next;
  }

  return asker;
}

static int watch(const struct signer *signer, int fd, void *what) {
  struct epoll_event event = { .events = EPOLLIN, .data = { .ptr = what } };

  return epoll_ctl(signer->epoll, EPOLL_CTL_ADD, fd, &event);
}

static void close_idlest(struct signer *signer) {
  struct asker *idlest = NULL;

  for (struct asker *a = signer->askers; a != NULL; a = a->next) {
    if (a->fd >= 0 && (idlest == NULL || a->heard_at < idlest->heard_at)) {
      idlest = a;
    }
  }
  if (idlest != NULL) {
    close_channel(signer, idlest);
  }
}

/* One channel for each process. */
static int admit(struct signer *signer, const struct ftps_permit *permit,
    int fd) {
  struct asker *asker = find_asker(signer, permit->pid);

  if (asker == NULL) {
    asker = OPENSSL_zalloc(sizeof(*asker));
    if (asker == NULL) {
      return -1;
    }
    asker->fd = -1;
    asker->next = signer->askers;
    signer->askers = asker;
  }

  close_channel(signer, asker);
  if (signer->open >= signer->props->channels_max) {
    close_idlest(signer);
  }
  memcpy(&asker->permit, permit, sizeof(*permit));
  asker->heard_at = ftps_clock_ms();
  if (watch(signer, fd, asker) < 0) {
    return -1;
  }

  asker->fd = fd;
  signer->open++;
  return 0;
}

union control {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
};

/* There may be more than one; the last is taken, and the others are closed. */
static void take_descriptors(struct cmsghdr *c, int *fd_out) {
  size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(*fd_out);

  for (size_t i = 0; i < n; i++) {
    ftps_fds_close(fd_out);
    memcpy(fd_out, CMSG_DATA(c) + i * sizeof(*fd_out), sizeof(*fd_out));
  }
}

/* The descriptor and the process of a message. */
static void read_control(struct msghdr *msg, int *fd_out, pid_t *pid_out) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
       c = CMSG_NXTHDR(msg, c)) {
    struct ucred creds;

    if (c->cmsg_level != SOL_SOCKET) {
      continue;
    }
    if (c->cmsg_type == SCM_RIGHTS) {
      take_descriptors(c, fd_out);
    }
    if (c->cmsg_type == SCM_CREDENTIALS &&
        c->cmsg_len == CMSG_LEN(sizeof(creds))) {
      memcpy(&creds, CMSG_DATA(c), sizeof(creds));
      *pid_out = creds.pid;
    }
  }
}

/* Returns -1 if the descriptor is not needed. */
static int take_hello(struct signer *signer,
    const struct ftps_channel_hello *hello, int fd) {
  if (hello->magic == FTPS_CHANNEL_DISMISS) {
    signer->is_dismissed = signer->is_dismissed ||
        (hello->permit.is_trial != 0 && hello->keeper > signer->props->number);
    return -1;
  }

  return hello->magic == FTPS_CHANNEL_HELLO && fd >= 0
      ? admit(signer, &hello->permit, fd)
      : -1;
}

/* A session may send an empty message.  It is no end: the kernel says who has
 * sent it.
 */
static bool is_end(const struct msghdr *msg, ssize_t got) {
  return got == 0 && msg->msg_controllen == 0;
}

static void hear_hello(struct signer *signer) {
  struct ftps_channel_hello hello;
  struct iovec iov = { .iov_base = &hello, .iov_len = sizeof(hello) };
  union control control;
  struct msghdr msg = { .msg_iov = &iov,
    .msg_iovlen = 1,
    .msg_control = control.bytes,
    .msg_controllen = sizeof(control.bytes) };
  int fd = -1;
  pid_t pid = 0;
  ssize_t got = recvmsg(signer->hello, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

  if (got < 0 && !ftps_fds_is_broken(errno)) {
    return;
  }
  if (got < 0 || is_end(&msg, got)) {
    ftps_fds_close(&signer->hello);
    return;
  }

  read_control(&msg, &fd, &pid);
  if ((size_t) got != sizeof(hello) ||
      !ftps_permit_is_valid(signer->props->daemon, &hello.permit, pid) ||
      take_hello(signer, &hello, fd) < 0) {
    ftps_fds_close(&fd);
  }
}

/* Keys that the daemon has read since this process began. */
static void hear_keeper(struct signer *signer) {
  size_t unused;

  if (ftps_feed_receive(signer->link, signer->props->keys, &unused) == 0) {
    (void) close(signer->link);
    signer->link = -1;
  }
}

static struct ftps_signer_key *find_key(const struct signer *signer,
    const unsigned char *id) {
  const struct ftps_signer_keys *keys = signer->props->keys;

  for (size_t i = 0; i < keys->count; i++) {
    if (memcmp(keys->list[i].id, id, FTPS_CHANNEL_ID) == 0) {
      return &keys->list[i];
    }
  }

  return NULL;
}

static bool is_admitted(const struct asker *asker,
    const struct ftps_signer_key *key) {
  for (size_t i = 0; i < key->place_count; i++) {
    if (ftps_permit_admits(&asker->permit, &key->places[i])) {
      return true;
    }
  }

  return false;
}

static bool take_from_stock(struct asker *asker, bool is_free) {
  const unsigned int stock = 1000U * (is_free ? FREE_STOCK : STOCK);
  const uint64_t rate = is_free ? FREE_PER_SECOND : PER_SECOND;
  uint64_t now = ftps_clock_ms();
  uint64_t back = (now - asker->stock_at) * rate;

  if (asker->permit.is_trial) {
    return true;
  }

  asker->stock_at = now;
  asker->used = back >= asker->used ? 0 : asker->used - (unsigned int) back;
  if (asker->used + 1000 > stock) {
    return false;
  }

  asker->used += 1000;
  return true;
}

static EVP_PKEY *get0_key(struct ftps_signer_key *key) {
  struct ftps_error unused;

  if (key->key == NULL) {
    ftps_error_clear(&unused);
    key->key = ftps_pkcs11_is_page(key->numbers)
        ? ftps_pkcs11_open_page(key->numbers)
        : ftps_keynumbers_read(key->numbers, &unused);
  }

  return key->key;
}

static bool sign(EVP_PKEY *key, const struct ftps_scheme *scheme,
    const struct ftps_channel_request *request,
    struct ftps_channel_reply *reply) {
  EVP_MD_CTX *ctx = EVP_MD_CTX_new();
  EVP_PKEY_CTX *how = NULL;
  size_t len = sizeof(reply->signature);
  bool is_fine = key != NULL && ctx != NULL &&
      EVP_DigestSignInit_ex(ctx, &how, scheme->digest, NULL, NULL, key, NULL) ==
          1 &&
      (!scheme->is_pss ||
          (EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 &&
              EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) ==
                  1)) &&
      EVP_DigestSign(ctx, reply->signature, &len, request->text,
          request->length) == 1;

  EVP_MD_CTX_free(ctx);
  ERR_clear_error();
  reply->length = is_fine ? (uint16_t) len : 0;
  return is_fine;
}

/* A token that was taken out, or restarted, needs another opening. */
static bool sign_with(struct ftps_signer_key *key,
    const struct ftps_scheme *scheme,
    const struct ftps_channel_request *request,
    struct ftps_channel_reply *reply) {
  bool is_again = key->key != NULL && ftps_pkcs11_is_page(key->numbers);

  if (get0_key(key) == NULL || !EVP_PKEY_is_a(key->key, scheme->type)) {
    return false;
  }
  if (sign(key->key, scheme, request, reply)) {
    return true;
  }
  if (!is_again) {
    return false;
  }

  EVP_PKEY_free(key->key);
  key->key = NULL;
  return get0_key(key) != NULL && sign(key->key, scheme, request, reply);
}

static enum ftps_signed answer(const struct signer *signer, struct asker *asker,
    const struct ftps_channel_request *request,
    struct ftps_channel_reply *reply) {
  const struct ftps_scheme *scheme = ftps_scheme_find(request->scheme);
  struct ftps_signer_key *key = find_key(signer, request->id);

  if (key == NULL) {
    return FTPS_SIGNED_NO_KEY;
  }

  if (scheme == NULL ||
      !ftps_scheme_fits(scheme, request->text, request->length) ||
      !is_admitted(asker, key)) {
    return FTPS_SIGNED_FORBIDDEN;
  }

  if (!take_from_stock(asker, key->is_free)) {
    return FTPS_SIGNED_RATE;
  }

  return sign_with(key, scheme, request, reply) ? FTPS_SIGNED_OK
                                                : FTPS_SIGNED_CRYPTO;
}

static bool is_request(const struct ftps_channel_request *request,
    size_t size) {
  const size_t head = offsetof(struct ftps_channel_request, text);

  return size >= head && request->magic == FTPS_CHANNEL_MAGIC &&
      request->length <= sizeof(request->text) &&
      size == head + request->length;
}

static void serve(struct signer *signer, struct asker *asker) {
  struct ftps_channel_request request;
  struct ftps_channel_reply reply;
  const size_t head = offsetof(struct ftps_channel_reply, signature);
  ssize_t got;
  size_t len;

  if (asker->fd < 0) {
    return;
  }

  limit_waits(true);
  got = recv(asker->fd, &request, sizeof(request), MSG_DONTWAIT);
  limit_waits(false);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  if (got <= 0 || !is_request(&request, (size_t) got)) {
    drop_channel(signer, asker);
    return;
  }

  asker->heard_at = ftps_clock_ms();
  memset(&reply, 0, head);
  reply.magic = FTPS_CHANNEL_MAGIC;
  reply.number = request.number;
  reply.status = (uint16_t) answer(signer, asker, &request, &reply);
  len = head + reply.length;
  if (send(asker->fd, &reply, len, MSG_DONTWAIT | MSG_NOSIGNAL) !=
      (ssize_t) len) {
    drop_channel(signer, asker);
  }
}

/* Removes those whose stock would be full again. */
static void forget_closed(struct signer *signer) {
  const uint64_t limit = 1000ULL * STOCK / PER_SECOND;
  struct asker **link = &signer->askers;
  uint64_t now = ftps_clock_ms();

  while (*link != NULL) {
    struct asker *asker = *link;

    if (asker->fd < 0 && now - asker->stock_at >= limit) {
      *link = asker->next;
      OPENSSL_free(asker);
    } else {
      link = &asker->next;
    }
  }
}

static void hear(struct signer *signer, const void *what) {
  if (what == &signer->hello && signer->hello >= 0) {
    limit_waits(true);
    hear_hello(signer);
    limit_waits(false);
    forget_closed(signer);
  }
  if (what == &signer->link && signer->link >= 0) {
    hear_keeper(signer);
  }
}

static bool is_own(const struct signer *signer, const void *what) {
  return what == &signer->hello || what == &signer->link;
}

/* An asker that is freed between two events of one wait would be used after
 * that: so askers come first.
 */
static void handle(struct signer *signer, const struct epoll_event *events,
    int n) {
  for (int i = 0; i < n; i++) {
    if (!is_own(signer, events[i].data.ptr)) {
      serve(signer, events[i].data.ptr);
    }
  }
  for (int i = 0; i < n; i++) {
    hear(signer, events[i].data.ptr);
  }
}

/* Returns 0 when the work is over, or -1.  Whoever has a channel has the other
 * end of `hello` as well.  So if nothing comes there any more while channels
 * are open, a session has shut it down for all, and the daemon makes another
 * one when this process has ended.
 */
static int work(struct signer *signer) {
  struct epoll_event events[EVENTS];
  unsigned int rounds = LAST_ROUNDS;

  while (!signer->is_dismissed &&
      (signer->hello >= 0 || (signer->open > 0 && rounds-- > 0))) {
    int n = epoll_pwait(signer->epoll, events, EVENTS,
        signer->hello >= 0 ? -1 : 0, NULL);

    if (n < 0 && errno != EINTR) {
      return -1;
    }
    handle(signer, events, n);
  }

  return 0;
}

static void release(struct signer *signer) {
  while (signer->askers != NULL) {
    struct asker *asker = signer->askers;

    signer->askers = asker->next;
    drop_channel(signer, asker);
    OPENSSL_free(asker);
  }
  if (signer->epoll >= 0) {
    (void) close(signer->epoll);
  }
}

int ftps_signer_run(const struct ftps_signer_props *props) {
  struct signer signer = { .props = props,
    .hello = props->hello,
    .link = props->link };
  int res = -1;

  hear_ticks();
  signer.epoll = epoll_create1(EPOLL_CLOEXEC);
  if (signer.epoll >= 0 && watch(&signer, signer.hello, &signer.hello) == 0 &&
      (signer.link < 0 || watch(&signer, signer.link, &signer.link) == 0)) {
    res = work(&signer);
  }

  release(&signer);
  return res;
}
