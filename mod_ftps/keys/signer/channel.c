/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * channel.c: see channel.h.
 */
#include "keys/signer/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fds.h"

/* A signer may end while it works for us, and the next ones too.  Before each
 * try but the first two there is a pause.
 */
#define TRIES    50
#define PAUSE_MS 2

/* What the daemon has sent to the keeper may reach the signer after the
 * request: a key, or another server of a key that it has.
 */
#define PLACE_TRIES 500

/* Returns > 0 if it is ready, or 0 if it is too late.  ProFTPD's alarms
 * interrupt the wait.
 */
static int wait_for(int fd, short events, uint64_t deadline) {
  struct pollfd pfd = { .fd = fd, .events = events };
  int res = -1;

  do {
    uint64_t now = ftps_clock_ms();

    res = poll(&pfd, 1, now < deadline ? (int) (deadline - now) : 0);
  } while (res < 0 && errno == EINTR);

  return res;
}

static int send_with_fd(int to, const struct ftps_channel_hello *hello,
    int fd) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  struct iovec iov = { .iov_len = sizeof(*hello) };
  struct msghdr msg = { .msg_iov = &iov,
    .msg_iovlen = 1,
    .msg_control = control.bytes,
    .msg_controllen = sizeof(control.bytes) };
  struct cmsghdr *cmsg;
  struct ftps_channel_hello copy = *hello;

  memset(&control, 0, sizeof(control));
  iov.iov_base = &copy;
  cmsg = CMSG_FIRSTHDR(&msg);
  cmsg->cmsg_level = SOL_SOCKET;
  cmsg->cmsg_type = SCM_RIGHTS;
  cmsg->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
  return sendmsg(to, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof(copy) ? 0
                                                                        : -1;
}

/* It may be full, if many sessions start at once. */
static int say_hello(int to, const struct ftps_channel_hello *hello, int fd,
    uint64_t deadline) {
  while (send_with_fd(to, hello, fd) < 0) {
    if ((errno != EAGAIN && errno != EINTR) ||
        wait_for(to, POLLOUT, deadline) <= 0) {
      return -1;
    }
  }

  return 0;
}

void ftps_channel_end(struct ftps_channel *channel) {
  ftps_fds_close(&channel->fd);
}

static int open_channel(struct ftps_channel *channel,
    const struct ftps_permit *permit, uint64_t deadline) {
  struct ftps_channel_hello hello = { .magic = FTPS_CHANNEL_HELLO };
  int ends[2], res;

  if (channel->fd >= 0 && channel->owner == getpid()) {
    return 0;
  }

  ftps_channel_end(channel);
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
    return -1;
  }

  memcpy(&hello.permit, permit, sizeof(*permit));
  res = say_hello(channel->hello, &hello, ends[1], deadline);
  (void) close(ends[1]);
  if (res == 0) {
    channel->fd = fcntl(ends[0], F_DUPFD_CLOEXEC, FTPS_FDS_LOWEST);
    channel->owner = getpid();
  }
  (void) close(ends[0]);
  return channel->fd >= 0 ? 0 : -1;
}

static enum ftps_signed receive(const struct ftps_channel *channel,
    struct ftps_channel_reply *reply, uint64_t deadline) {
  const size_t head = offsetof(struct ftps_channel_reply, signature);
  int res = wait_for(channel->fd, POLLIN, deadline);
  ssize_t got;

  if (res <= 0) {
    return FTPS_SIGNED_LATE;
  }

  got = recv(channel->fd, reply, sizeof(*reply), MSG_DONTWAIT);
  if (got <= 0) {
    return FTPS_SIGNED_GONE;
  }

  if ((size_t) got < head || reply->magic != FTPS_CHANNEL_MAGIC ||
      reply->number != channel->number ||
      reply->length > sizeof(reply->signature) ||
      (size_t) got != head + reply->length ||
      reply->status > FTPS_SIGNED_CRYPTO) {
    return FTPS_SIGNED_PROTOCOL;
  }

  return (enum ftps_signed) reply->status;
}

static enum ftps_signed ask_once(struct ftps_channel *channel,
    const struct ftps_permit *permit, struct ftps_channel_request *request,
    struct ftps_channel_reply *reply, uint64_t deadline) {
  size_t len = offsetof(struct ftps_channel_request, text) + request->length;

  if (open_channel(channel, permit, deadline) < 0) {
    return FTPS_SIGNED_GONE;
  }

  request->magic = FTPS_CHANNEL_MAGIC;
  request->number = ++channel->number;
  if (send(channel->fd, request, len, MSG_NOSIGNAL) != (ssize_t) len) {
    return FTPS_SIGNED_GONE;
  }

  return receive(channel, reply, deadline);
}

static bool is_channel_good(enum ftps_signed status) {
  return status != FTPS_SIGNED_GONE && status != FTPS_SIGNED_LATE &&
      status != FTPS_SIGNED_PROTOCOL;
}

static bool may_try_again(const struct ftps_channel *channel,
    enum ftps_signed status, int tries) {
  if (status == FTPS_SIGNED_GONE) {
    return tries < TRIES && !ftps_channel_is_gone(channel);
  }

  return channel->may_come &&
      (status == FTPS_SIGNED_NO_KEY ||
          (status == FTPS_SIGNED_FORBIDDEN && tries < PLACE_TRIES));
}

enum ftps_signed ftps_channel_ask(struct ftps_channel *channel,
    const struct ftps_permit *permit, struct ftps_channel_request *request,
    struct ftps_channel_reply *reply) {
  uint64_t deadline = ftps_clock_ms() +
      (channel->may_wait ? FTPS_CHANNEL_KEY_MS : FTPS_CHANNEL_MS);
  enum ftps_signed status;
  int tries = 0, xerrno = errno;

  do {
    if (tries++ > 1) {
      ftps_clock_pause(PAUSE_MS);
    }
    status = ask_once(channel, permit, request, reply, deadline);
    if (!is_channel_good(status)) {
      ftps_channel_end(channel);
    }
  } while (ftps_clock_ms() < deadline && may_try_again(channel, status, tries));

  errno = xerrno;
  return status;
}

void ftps_channel_dismiss(const struct ftps_channel *channel,
    const struct ftps_permit *permit, uint32_t keeper) {
  struct ftps_channel_hello hello = { .magic = FTPS_CHANNEL_DISMISS,
    .keeper = keeper };

  memcpy(&hello.permit, permit, sizeof(*permit));
  (void) send(channel->hello, &hello, sizeof(hello),
      MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool ftps_channel_is_gone(const struct ftps_channel *channel) {
  struct pollfd pfd = { .fd = channel->hello };

  return channel->hello < 0 ||
      (poll(&pfd, 1, 0) > 0 && (pfd.revents & (POLLHUP | POLLERR)) != 0);
}

const char *ftps_channel_describe(enum ftps_signed status) {
  static const char *const texts[] = {
    [FTPS_SIGNED_OK] = "the signer has signed",
    [FTPS_SIGNED_PROTOCOL] = "the signer's answer cannot be read",
    [FTPS_SIGNED_NO_KEY] = "the signer does not have this key",
    [FTPS_SIGNED_FORBIDDEN] = "the signer refuses to sign this",
    [FTPS_SIGNED_RATE] = "the signer has signed too often for this session",
    [FTPS_SIGNED_CRYPTO] = "the signer's OpenSSL failed",
    [FTPS_SIGNED_GONE] = "there is no signer process",
    [FTPS_SIGNED_LATE] = "the signer did not answer in time",
  };

  return texts[status];
}
