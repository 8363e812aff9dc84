/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * memcached.c: see memcached.h.
 */
#include "memcached.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "base/clock.h"
#include "base/fds.h"
#include "base/pages.h"

/* All processes see this. */
struct marks {
  _Atomic uint64_t number;
  _Atomic uint64_t retry_at[FTPS_SERVERS_MAX]; /* ms; 0: the server answers */
};

struct ftps_memcached {
  struct ftps_server servers[FTPS_SERVERS_MAX];
  size_t count;
  ftps_memcached_report report;
  struct marks *marks;
  pid_t owner;               /* of the connections */
  int fds[FTPS_SERVERS_MAX]; /* -1: none */
  const char *why;           /* why the last attempt failed */
  bool has_left_paths;       /* this process cannot reach sockets by path */
  unsigned char answer[FTPS_WIRE_ROOM];
};

/* One attempt with one server. */
struct attempt {
  struct ftps_memcached *m;
  const struct ftps_memcached_ask *ask;
  size_t server;
  uint64_t until; /* ms */
  bool is_late;   /* has polled once more after `until` */
};

struct ftps_memcached *ftps_memcached_new(const struct ftps_server *servers,
    size_t count, ftps_memcached_report report) {
  struct ftps_memcached *m = malloc(sizeof(*m));

  if (m == NULL) {
    return NULL;
  }

  m->marks = ftps_pages_shared(sizeof(*m->marks));
  if (m->marks == NULL) {
    free(m);
    return NULL;
  }

  memcpy(m->servers, servers, count * sizeof(*servers));
  m->count = count;
  m->report = report;
  m->owner = getpid();
  m->why = NULL;
  m->has_left_paths = false;
  for (size_t i = 0; i < FTPS_SERVERS_MAX; i++) {
    m->fds[i] = -1;
  }
  return m;
}

void ftps_memcached_hang_up(struct ftps_memcached *m) {
  for (size_t i = 0; i < m->count; i++) {
    ftps_fds_close(&m->fds[i]);
  }
}

void ftps_memcached_free(struct ftps_memcached *m) {
  if (m == NULL) {
    return;
  }

  ftps_memcached_hang_up(m);
  (void) munmap(m->marks, sizeof(*m->marks));
  free(m);
}

void ftps_memcached_leave_paths(struct ftps_memcached *m) {
  m->has_left_paths = true;
}

static bool is_left(const struct ftps_memcached *m, size_t server) {
  return m->has_left_paths && m->servers[server].address.ss_family == AF_UNIX;
}

bool ftps_memcached_can_ask(const struct ftps_memcached *m) {
  for (size_t i = 0; i < m->count; i++) {
    if (!is_left(m, i)) {
      return true;
    }
  }

  return false;
}

size_t ftps_memcached_count(const struct ftps_memcached *m) {
  return m->count;
}

uint64_t ftps_memcached_get_shared(const struct ftps_memcached *m) {
  return atomic_load(&m->marks->number);
}

void ftps_memcached_set_shared(struct ftps_memcached *m, uint64_t number) {
  atomic_store(&m->marks->number, number);
}

static int fail(struct attempt *attempt, const char *why) {
  attempt->m->why = why;
  ftps_fds_close(&attempt->m->fds[attempt->server]);
  return -1;
}

/* On a busy machine the time may be over because this process did not run.
 * Bytes that have arrived meanwhile are in time.  This is done once, so that no
 * server can extend its time.
 */
static int wait_for(struct attempt *attempt, short events) {
  struct pollfd fd = { .fd = attempt->m->fds[attempt->server],
    .events = events };
  int res = -1;

  do {
    uint64_t now = ftps_clock_ms();
    int left = now < attempt->until ? (int) (attempt->until - now) : 0;

    if (left == 0 && attempt->is_late) {
      return fail(attempt, "no answer in time");
    }
    attempt->is_late = left == 0;
    res = poll(&fd, 1, left);
  } while (res == 0 || (res < 0 && errno == EINTR));

  return res < 0 ? fail(attempt, strerror(errno)) : 0;
}

static int make_socket(int family) {
  int fd, one = 1;

  fd = ftps_fds_leave_standard(
      socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd >= 0 && family != AF_UNIX) {
    (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  }
  return fd;
}

static int open_connection(struct attempt *attempt) {
  struct ftps_memcached *m = attempt->m;
  const struct ftps_server *server = &m->servers[attempt->server];
  int fd, fault = 0;
  socklen_t len = sizeof(fault);

  if (server->address_len == 0) {
    return fail(attempt, "its address was not found when the daemon started");
  }

  fd = make_socket(server->address.ss_family);
  if (fd < 0) {
    return fail(attempt, strerror(errno));
  }

  m->fds[attempt->server] = fd;
  if (connect(fd, (const struct sockaddr *) &server->address,
          server->address_len) == 0) {
    return 0;
  }

  if (errno != EINPROGRESS && errno != EINTR) {
    return fail(attempt, strerror(errno));
  }

  if (wait_for(attempt, POLLOUT) < 0) {
    return -1;
  }

  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &len) < 0) {
    fault = errno;
  }
  return fault != 0 ? fail(attempt, strerror(fault)) : 0;
}

static bool must_wait(int fault) {
  return fault == EAGAIN || fault == EWOULDBLOCK || fault == EINTR;
}

static int send_text(struct attempt *attempt) {
  const unsigned char *text = attempt->ask->text;
  size_t left = attempt->ask->len;

  while (left > 0) {
    ssize_t n =
        send(attempt->m->fds[attempt->server], text, left, MSG_NOSIGNAL);

    if (n > 0) {
      text += n;
      left -= (size_t) n;
      continue;
    }
    if (n < 0 && !must_wait(errno)) {
      return fail(attempt, strerror(errno));
    }
    if (wait_for(attempt, POLLOUT) < 0) {
      return -1;
    }
  }
  return 0;
}

/* Passes on the complete items of `have` bytes.  Returns how many bytes are
 * used, or -1. *left: how many answers are still to come.
 */
static ssize_t take_items(struct attempt *attempt, size_t have,
    unsigned int *left) {
  struct ftps_memcached *m = attempt->m;
  struct ftps_wire_item item;
  size_t used = 0;

  while (*left > 0) {
    size_t n = ftps_wire_take(m->answer + used, have - used, &item);

    if (item.kind == FTPS_WIRE_MORE) {
      return (ssize_t) used;
    }
    if (item.kind == FTPS_WIRE_BAD) {
      return fail(attempt, "what it answers is not the protocol of memcached");
    }

    attempt->ask->take(attempt->ask->arg, &item);
    if (item.kind == FTPS_WIRE_LARGE) {
      ftps_fds_close(&m->fds[attempt->server]);
      *left = 0;
    }
    if (ftps_wire_is_final(item.kind)) {
      (*left)--;
    }
    used += n;
  }
  return (ssize_t) used;
}

/* `got_out`: whether anything was received. */
static int receive_answers(struct attempt *attempt, bool *got_out) {
  struct ftps_memcached *m = attempt->m;
  unsigned int left = attempt->ask->commands;
  size_t have = 0;

  while (left > 0) {
    ssize_t n, used;

    n = recv(m->fds[attempt->server], m->answer + have,
        sizeof(m->answer) - have, 0);
    if (n == 0) {
      return fail(attempt, "it closed the connection");
    }
    if (n < 0 && !must_wait(errno)) {
      return fail(attempt, strerror(errno));
    }
    if (n < 0) {
      if (wait_for(attempt, POLLIN) < 0) {
        return -1;
      }
      continue;
    }

    *got_out = true;
    have += (size_t) n;
    used = take_items(attempt, have, &left);
    if (used < 0) {
      return -1;
    }
    have -= (size_t) used;
    memmove(m->answer, m->answer + used, have);

    /* A server that always sends more is not waited for. */
    if (left > 0 && ftps_clock_ms() >= attempt->until) {
      return fail(attempt, "no answer in time");
    }
  }

  if (have > 0) {
    ftps_fds_close(&m->fds[attempt->server]);
  }
  return 0;
}

/* The server may have closed a connection that was open before.  Then, and only
 * if it has answered nothing, we try again with a new connection.
 */
static int try_server(struct attempt *attempt) {
  struct ftps_memcached *m = attempt->m;
  bool was_open = m->fds[attempt->server] >= 0, got = false;

  for (;;) {
    attempt->ask->take(attempt->ask->arg, NULL);
    if ((was_open || open_connection(attempt) == 0) &&
        send_text(attempt) == 0 && receive_answers(attempt, &got) == 0) {
      return 0;
    }
    if (!was_open || got || ftps_clock_ms() >= attempt->until) {
      return -1;
    }
    was_open = false;
  }
}

/* Whether this process may use the server now.  After a failure, the process
 * that moves the server's mark tries it again.  A mark too far in the future is
 * not ours.
 */
static bool may_try(struct ftps_memcached *m, size_t server, uint64_t now) {
  uint64_t mark = atomic_load(&m->marks->retry_at[server]);
  bool is_due = mark <= now || mark - now > FTPS_MEMCACHED_RETRY_MS;

  return mark == 0 ||
      (is_due &&
          atomic_compare_exchange_strong(&m->marks->retry_at[server], &mark,
              now + FTPS_MEMCACHED_RETRY_MS));
}

static void mark_server(struct ftps_memcached *m, size_t server,
    bool answered) {
  uint64_t mark = answered ? 0 : ftps_clock_ms() + FTPS_MEMCACHED_RETRY_MS;
  uint64_t old;

  if (answered && atomic_load(&m->marks->retry_at[server]) == 0) {
    return;
  }

  old = atomic_exchange(&m->marks->retry_at[server], mark);
  if ((old == 0) != answered) {
    m->report(m->servers[server].name, answered ? NULL : m->why);
  }
}

/* Closes the copies of a parent's connections: two processes on one connection
 * would get each other's answers.
 */
static void own_connections(struct ftps_memcached *m) {
  if (m->owner != getpid()) {
    ftps_memcached_hang_up(m);
    m->owner = getpid();
  }
}

int ftps_memcached_ask(struct ftps_memcached *m,
    const struct ftps_memcached_ask *ask, unsigned int deadline_ms) {
  size_t order[FTPS_SERVERS_MAX];
  uint64_t start = ftps_clock_ms(), now = start;

  own_connections(m);
  ftps_servers_order(m->servers, m->count, ask->key, order);
  for (size_t i = 0; i < m->count; i++) {
    struct attempt attempt = { .m = m, .ask = ask, .server = order[i] };
    uint64_t end = start + deadline_ms;
    int res;

    if (now >= end) {
      return -1;
    }
    if (is_left(m, order[i]) || !may_try(m, order[i], now)) {
      continue;
    }

    /* Use half of the time if there is another server to try. */
    attempt.until = i + 1 < m->count ? now + (end - now + 1) / 2 : end;
    res = try_server(&attempt);
    mark_server(m, order[i], res == 0);
    if (res == 0) {
      return 0;
    }
    now = ftps_clock_ms();
  }
  return -1;
}

size_t ftps_memcached_ask_all(struct ftps_memcached *m,
    const struct ftps_memcached_ask *ask, unsigned int deadline_ms) {
  uint64_t end = ftps_clock_ms() + deadline_ms;
  size_t answered = 0;

  own_connections(m);
  for (size_t i = 0; i < m->count; i++) {
    struct attempt attempt = { .m = m, .ask = ask, .server = i };
    uint64_t now = ftps_clock_ms();
    int res;

    attempt.until = now < end ? now + (end - now) / (m->count - i) : now;
    res = try_server(&attempt);
    mark_server(m, i, res == 0);
    answered += res == 0;
  }
  return answered;
}
