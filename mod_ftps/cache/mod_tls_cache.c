/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_tls_cache.c: see mod_tls_cache.h.
 *
 * Modules for Redis and memcached connect in their `open`.  All sessions would
 * share a connection that the daemon opened, and read each other's answers.  So
 * a cache that holds a connection after a call is closed again in the daemon,
 * and every process that needs it opens its own.
 *
 * Descriptors 0 to 2 are free in the daemon.  A connection with one would be
 * where the next session has its client; they are held while a module runs.
 */
#include "cache/mod_tls_cache.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/daemon.h"
#include "cache/envelope.h"
#include "include/mod_tls.h"
#include "log/log.h"

/* For modules that need a lifetime when they open; each entry has its own. */
#define LIFETIME 1800L

/* Connections are searched among so many descriptors; a process has few. */
#define DESCRIPTORS 256

#define BUSY_MS 5

#define KEY_MAX 64U

/* What mod_tls_shmcache can store, minus the envelope. */
#define SESSION_MAX  8192U
#define RESPONSE_MAX 3840U

struct ftps_cache {
  struct ftps_mod_tls_store *store;
  enum ftps_mod_tls_kind kind;
  pool *pool; /* of the texts */
  const char *name;
  const char *info;
  unsigned int open_serial; /* of the open registration; 0: none */
};

struct ftps_mod_tls_store {
  pid_t daemon; /* 0: it has not started yet */

  /* The one in use; another one may be made meanwhile. */
  struct ftps_cache *in_use[FTPS_MOD_TLS_KINDS];
};

int ftps_mod_tls_store_init(struct ftps_daemon *daemon) {
  if (daemon->mod_tls == NULL) {
    daemon->mod_tls = OPENSSL_zalloc(sizeof(*daemon->mod_tls));
  }

  return daemon->mod_tls != NULL ? 0 : -1;
}

static const char *const directives[] = { "TLSSessionCache",
  "TLSStaplingCache" };

/* A socket is enough, and works in a chroot as well. */
static void hold_standard_descriptors(int held[3]) {
  for (int i = 0; i < 3; i++) {
    held[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (held[i] > STDERR_FILENO) {
      (void) close(held[i]);
      held[i] = -1;
    }
    if (held[i] < 0) {
      while (++i < 3) {
        held[i] = -1;
      }
    }
  }
}

static void release_descriptors(const int held[3]) {
  for (int i = 0; i < 3; i++) {
    if (held[i] >= 0) {
      (void) close(held[i]);
    }
  }
}

static int count_connections(void) {
  struct sockaddr_storage peer;
  int n = 0;

  for (int fd = 0; fd < DESCRIPTORS; fd++) {
    socklen_t len = sizeof(peer);

    n += getpeername(fd, (struct sockaddr *) &peer, &len) == 0;
  }

  return n;
}

/* For each call of a module. */
struct call {
  const struct ftps_mod_tls_cell *cell;
  int held[3];
  int connections; /* before it, in the daemon */
};

static void enter(struct call *call) {
  hold_standard_descriptors(call->held);
  (void) ERR_set_mark();
  errno = 0;
}

static void leave(const struct call *call) {
  int xerrno = errno;

  (void) ERR_pop_to_mark();
  release_descriptors(call->held);
  errno = xerrno;
}

/* Modules may write to `info`, and may keep it. */
static int call_open(const struct ftps_cache *cache,
    const struct ftps_mod_tls_cell *cell) {
  char *info = pstrdup(cache->pool, cache->info);
  struct call call;
  int res;

  enter(&call);
  res = cell->sessions != NULL
      ? cell->sessions->open(cell->sessions, info, LIFETIME)
      : cell->responses->open(cell->responses, info);
  leave(&call);
  return res;
}

static void call_close(const struct ftps_mod_tls_cell *cell) {
  struct call call;

  enter(&call);
  (void) (cell->sessions != NULL ? cell->sessions->close(cell->sessions)
                                 : cell->responses->close(cell->responses));
  leave(&call);
}

/* A missing callback cannot be called; clear, remove, status may be missing. */
static bool is_whole(const struct ftps_mod_tls_cell *cell) {
  const tls_sess_cache_t *s = cell->sessions;
  const tls_ocsp_cache_t *r = cell->responses;

  return s != NULL ? s->open && s->close && s->add && s->get && s->delete
                   : r->open && r->close && r->add && r->get && r->delete;
}

/* Returns the registration, open in this process, or NULL with errno set. */
static const struct ftps_mod_tls_cell *ensure_open(struct ftps_cache *cache) {
  const struct ftps_mod_tls_cell *cell =
      ftps_mod_tls_find(cache->kind, cache->name);

  if (cell == NULL) {
    errno = ENOENT;
    return NULL;
  }

  if (!is_whole(cell)) {
    errno = ENOSYS;
    return NULL;
  }

  if (cache->open_serial != cell->serial) {
    if (call_open(cache, cell) < 0) {
      return NULL;
    }
    cache->open_serial = cell->serial;
  }

  return cell;
}

static void close_here(struct ftps_cache *cache) {
  const struct ftps_mod_tls_cell *cell =
      ftps_mod_tls_find(cache->kind, cache->name);

  if (cell != NULL && cache->open_serial == cell->serial) {
    call_close(cell);
  }
  cache->open_serial = 0;
}

/* The daemon leaves no connection to its sessions. */
static void settle(struct ftps_cache *cache, int connections_before) {
  int xerrno = errno;

  if (getpid() == cache->store->daemon &&
      count_connections() > connections_before) {
    close_here(cache);
  }
  errno = xerrno;
}

/* For calls of an open cache.  Returns NULL with errno set if it is closed. */
static const struct ftps_mod_tls_cell *begin(struct call *call,
    struct ftps_cache *cache) {
  call->connections =
      getpid() == cache->store->daemon ? count_connections() : 0;
  call->cell = ensure_open(cache);
  if (call->cell == NULL) {
    settle(cache, call->connections);
    return NULL;
  }

  enter(call);
  return call->cell;
}

static void end(const struct call *call, struct ftps_cache *cache) {
  leave(call);
  settle(cache, call->connections);
}

static void open_in_daemon(struct ftps_cache *cache) {
  int connections = count_connections();

  if (ensure_open(cache) == NULL) {
    ftps_log_admin(PR_LOG_WARNING,
        "%s %s:%s: the cache could not be opened: %s; each session tries "
        "again; the manual of its module explains the text after the colon",
        directives[cache->kind], cache->name, cache->info, strerror(errno));
  }
  settle(cache, connections);
}

struct ftps_cache *ftps_mod_tls_store_create(struct ftps_daemon *daemon,
    pool *p, enum ftps_mod_tls_kind kind, const char *name, const char *info) {
  struct ftps_mod_tls_store *store = daemon->mod_tls;
  struct ftps_cache *cache = pcalloc(p, sizeof(*cache));

  /* All of its uses share one structure. */
  if (store->in_use[kind] != NULL &&
      strcmp(store->in_use[kind]->name, name) == 0) {
    close_here(store->in_use[kind]);
  }

  cache->store = store;
  cache->kind = kind;
  cache->pool = p;
  cache->name = pstrdup(p, name);
  cache->info = pstrdup(p, info);
  store->in_use[kind] = cache;
  if (store->daemon != 0) {
    open_in_daemon(cache);
  }
  return cache;
}

void ftps_mod_tls_store_start(struct ftps_daemon *daemon) {
  struct ftps_mod_tls_store *store = daemon->mod_tls;

  store->daemon = getpid();
  for (int kind = 0; kind < FTPS_MOD_TLS_KINDS; kind++) {
    if (store->in_use[kind] != NULL) {
      open_in_daemon(store->in_use[kind]);
    }
  }
}

void ftps_mod_tls_store_stop(struct ftps_daemon *daemon) {
  const struct ftps_mod_tls_store *store = daemon->mod_tls;

  for (int kind = 0; kind < FTPS_MOD_TLS_KINDS; kind++) {
    if (store->in_use[kind] != NULL) {
      close_here(store->in_use[kind]);
    }
  }
}

static void destroy(struct ftps_cache *cache) {
  close_here(cache);
  if (cache->store->in_use[cache->kind] == cache) {
    cache->store->in_use[cache->kind] = NULL;
  }
}

/* The first bytes of a key from cache.c are the same for all sessions, and
 * mod_tls_shmcache uses only the first one to search: so the last bytes come
 * first.
 */
static void turn_round(unsigned char *id, const void *key, size_t len) {
  const unsigned char *bytes = key;

  for (size_t i = 0; i < len; i++) {
    id[i] = bytes[len - 1 - i];
  }
}

struct fingerprint {
  char text[2 * KEY_MAX + 1];
};

static const char *print_key(struct fingerprint *fingerprint, const void *key,
    size_t len) {
  ftps_bytes_to_hex(key, len < KEY_MAX ? len : KEY_MAX, fingerprint->text);
  return fingerprint->text;
}

/* mod_tls_shmcache has one lock for all, tries it only for a moment, and
 * returns EPERM if a few sessions begin together.  True: call it again.
 */
static bool is_busy(uint64_t until) {
  if ((errno != EAGAIN && errno != EPERM) || ftps_clock_ms() >= until) {
    return false;
  }

  (void) poll(NULL, 0, BUSY_MS);
  errno = 0;
  return true;
}

/* What a module returns if it has nothing, or no room, or is busy. */
static enum ftps_cache_result judge_failure(void) {
  return errno == 0 || errno == ENOENT || errno == ENOSPC || errno == EAGAIN
      ? FTPS_CACHE_MISS
      : FTPS_CACHE_UNAVAILABLE;
}

static enum ftps_cache_result judge(int res) {
  return res == 0 ? FTPS_CACHE_OK : judge_failure();
}

static enum ftps_cache_result put_session_cb(struct ftps_cache *cache,
    const void *key, size_t key_len, const void *value, size_t value_len,
    time_t expires, unsigned int deadline_ms) {
  struct call call;
  unsigned char id[KEY_MAX];
  uint64_t until = ftps_clock_ms() + deadline_ms;
  SSL_SESSION *session;
  int res = -1;

  if (begin(&call, cache) == NULL) {
    return FTPS_CACHE_UNAVAILABLE;
  }

  turn_round(id, key, key_len);
  session = ftps_envelope_session(id, key_len, value, value_len, expires);
  if (session != NULL) {
    do {
      res = call.cell->sessions->add(call.cell->sessions, id,
          (unsigned int) key_len, expires, session);
    } while (res < 0 && is_busy(until));
  }
  end(&call, cache);
  SSL_SESSION_free(session);
  return judge(res);
}

static enum ftps_cache_result put_response_cb(struct ftps_cache *cache,
    const void *key, size_t key_len, const void *value, size_t value_len,
    time_t expires, unsigned int deadline_ms) {
  struct call call;
  struct fingerprint fingerprint;
  OCSP_RESPONSE *response;
  int res = -1;

  (void) expires;
  (void) deadline_ms;
  if (begin(&call, cache) == NULL) {
    return FTPS_CACHE_UNAVAILABLE;
  }

  response = ftps_envelope_response(value, value_len);
  if (response != NULL) {
    res = call.cell->responses->add(call.cell->responses,
        print_key(&fingerprint, key, key_len), response, time(NULL));
  }
  end(&call, cache);
  OCSP_RESPONSE_free(response);
  return judge(res);
}

static enum ftps_cache_result get_session_cb(struct ftps_cache *cache,
    const void *key, size_t key_len, void *value, size_t *value_len,
    unsigned int deadline_ms) {
  struct call call;
  enum ftps_cache_result result;
  unsigned char id[KEY_MAX];
  uint64_t until = ftps_clock_ms() + deadline_ms;
  SSL_SESSION *session;

  if (begin(&call, cache) == NULL) {
    return FTPS_CACHE_UNAVAILABLE;
  }

  turn_round(id, key, key_len);
  do {
    session = call.cell->sessions->get(call.cell->sessions, id,
        (unsigned int) key_len);
  } while (session == NULL && is_busy(until));
  end(&call, cache);
  if (session == NULL) {
    return judge_failure();
  }

  result = ftps_envelope_open_session(session, value, value_len) == 0
      ? FTPS_CACHE_OK
      : FTPS_CACHE_MISS;
  SSL_SESSION_free(session);
  return result;
}

static enum ftps_cache_result get_response_cb(struct ftps_cache *cache,
    const void *key, size_t key_len, void *value, size_t *value_len,
    unsigned int deadline_ms) {
  struct call call;
  struct fingerprint fingerprint;
  enum ftps_cache_result result;
  OCSP_RESPONSE *response;
  time_t age = 0;

  (void) deadline_ms;
  if (begin(&call, cache) == NULL) {
    return FTPS_CACHE_UNAVAILABLE;
  }

  response = call.cell->responses->get(call.cell->responses,
      print_key(&fingerprint, key, key_len), &age);
  end(&call, cache);
  if (response == NULL) {
    return judge_failure();
  }

  result = ftps_envelope_open_response(response, value, value_len) == 0
      ? FTPS_CACHE_OK
      : FTPS_CACHE_MISS;
  OCSP_RESPONSE_free(response);
  return result;
}

static enum ftps_cache_result del_session(struct ftps_cache *cache,
    const void *key, size_t key_len, unsigned int deadline_ms) {
  struct call call;
  unsigned char id[KEY_MAX];
  int res;

  (void) deadline_ms;
  if (begin(&call, cache) == NULL) {
    return FTPS_CACHE_UNAVAILABLE;
  }

  turn_round(id, key, key_len);
  res = call.cell->sessions->delete (call.cell->sessions, id,
      (unsigned int) key_len);
  end(&call, cache);
  return judge(res);
}

static enum ftps_cache_result del_response(struct ftps_cache *cache,
    const void *key, size_t key_len, unsigned int deadline_ms) {
  struct call call;
  struct fingerprint fingerprint;
  int res;

  (void) deadline_ms;
  if (begin(&call, cache) == NULL) {
    return FTPS_CACHE_UNAVAILABLE;
  }

  res = call.cell->responses->delete (call.cell->responses,
      print_key(&fingerprint, key, key_len));
  end(&call, cache);
  return judge(res);
}

typedef int (
    *administer)(const struct ftps_mod_tls_cell *cell, const void *arg);

/* In the daemon. */
static int run(struct ftps_cache *cache, administer act, const void *arg) {
  struct call call;
  int res = -1;

  if (begin(&call, cache) != NULL) {
    errno = ENOSYS;
    res = act(call.cell, arg);
    end(&call, cache);
  }

  return res;
}

static int call_clear(const struct ftps_mod_tls_cell *cell, const void *arg) {
  (void) arg;
  if (cell->sessions != NULL) {
    return cell->sessions->clear != NULL ? cell->sessions->clear(cell->sessions)
                                         : -1;
  }

  return cell->responses->clear != NULL
      ? cell->responses->clear(cell->responses)
      : -1;
}

static long clear(struct ftps_cache *cache) {
  return run(cache, call_clear, NULL);
}

static int call_remove(const struct ftps_mod_tls_cell *cell, const void *arg) {
  (void) arg;
  if (cell->sessions != NULL) {
    return cell->sessions->remove != NULL
        ? cell->sessions->remove(cell->sessions)
        : -1;
  }

  return cell->responses->remove != NULL
      ? cell->responses->remove(cell->responses)
      : -1;
}

static int remove_all(struct ftps_cache *cache) {
  return run(cache, call_remove, NULL);
}

static int call_status(const struct ftps_mod_tls_cell *cell, const void *arg) {
  const struct ftps_mod_tls_view *view = arg;
  int flags = view->with_sessions ? TLS_SESS_CACHE_STATUS_FL_SHOW_SESSIONS : 0;

  if (cell->sessions != NULL) {
    return cell->sessions->status != NULL
        ? cell->sessions->status(cell->sessions, view->write_line, view->arg,
              flags)
        : -1;
  }

  return cell->responses->status != NULL
      ? cell->responses->status(cell->responses, view->write_line, view->arg,
            flags)
      : -1;
}

int ftps_mod_tls_store_show(struct ftps_daemon *daemon,
    enum ftps_mod_tls_kind kind, const struct ftps_mod_tls_view *view) {
  struct ftps_cache *cache = daemon->mod_tls->in_use[kind];

  return cache != NULL ? run(cache, call_status, view) : 1;
}

/* Modules give it as text only. */
static int status(struct ftps_cache *cache,
    struct ftps_cache_status *status_out) {
  (void) cache;
  (void) status_out;
  errno = ENOSYS;
  return -1;
}

static const struct ftps_cache_ops all_ops[FTPS_MOD_TLS_KINDS] = {
  { .abi = FTPS_CACHE_ABI,
      .name = "of mod_tls",
      .flags = FTPS_CACHE_REMOTE,
      .max_key = SSL_MAX_SSL_SESSION_ID_LENGTH,
      .max_value = SESSION_MAX,
      .destroy = destroy,
      .put = put_session_cb,
      .get = get_session_cb,
      .del = del_session,
      .clear = clear,
      .remove = remove_all,
      .status = status },
  { .abi = FTPS_CACHE_ABI,
      .name = "of mod_tls",
      .flags = FTPS_CACHE_REMOTE,
      .max_key = KEY_MAX,
      .max_value = RESPONSE_MAX,
      .destroy = destroy,
      .put = put_response_cb,
      .get = get_response_cb,
      .del = del_response,
      .clear = clear,
      .remove = remove_all,
      .status = status }
};

const struct ftps_cache_ops *ftps_mod_tls_store_get0_ops(enum ftps_mod_tls_kind
                                                             kind,
    const char *name) {
  return ftps_mod_tls_find(kind, name) != NULL ? &all_ops[kind] : NULL;
}
