/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_probe_files.c: a cache module for mod_tls that works: one file for each
 * session and response, in the directory that is named behind the colon.
 *
 * The file "fault" in that directory has a word that makes it go wrong:
 *   other   get gives the last session that was stored, whichever was asked for
 *   garbage get gives a session and a response that nobody stored
 *   error   everything fails with EIO
 *   slow    everything takes more than a second
 *   busy    it takes 0.3 s to say that it should be asked again
 *   crash   get crashes
 * The file "calls" gets a letter for each call and the process's id.  It never
 * unregisters: whoever calls it when its code is gone, crashes.
 */
#include "conf.h"
#include "mod_tls.h"

#include <fcntl.h>
#include <stdlib.h>

module probe_files_module;

static char directory[256];

static int is_faulty(const char *word) {
  char path[300], found[16] = "";
  int fd;

  (void) snprintf(path, sizeof(path), "%s/fault", directory);
  fd = open(path, O_RDONLY);
  if (fd < 0) {
    return 0;
  }

  (void) !read(fd, found, sizeof(found) - 1);
  (void) close(fd);
  return strncmp(found, word, strlen(word)) == 0;
}

static int begin(const char *call) {
  char path[300], line[64];
  int fd, len;

  (void) snprintf(path, sizeof(path), "%s/calls", directory);
  fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0666);
  (void) fchmod(fd, 0666);
  len = snprintf(line, sizeof(line), "%s %ld\n", call, (long) getpid());
  (void) !write(fd, line, (size_t) len);
  (void) close(fd);

  if (is_faulty("slow")) {
    (void) usleep(1200000);
  }
  if (is_faulty("busy")) {
    (void) usleep(300000);
    errno = EAGAIN;
    return -1;
  }
  if (is_faulty("error")) {
    errno = EIO;
    return -1;
  }
  return 0;
}

static const char *name_file(const unsigned char *id, unsigned int len) {
  static char path[512];
  int n = snprintf(path, sizeof(path), "%s/sess-", directory);

  while (len-- > 0) {
    n += snprintf(path + n, sizeof(path) - (size_t) n, "%02x", *id++);
  }
  return path;
}

static const char *name_response(const char *fingerprint) {
  static char path[512];

  (void) snprintf(path, sizeof(path), "%s/ocsp-%s", directory, fingerprint);
  return path;
}

static int put(const char *path, unsigned char *der, int len) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  int res = fd >= 0 && write(fd, der, (size_t) len) == len ? 0 : -1;

  (void) close(fd);
  OPENSSL_free(der);
  return res;
}

static int get(const char *path, unsigned char *der, int room) {
  int fd = open(path, O_RDONLY), len;

  if (fd < 0) {
    return -1;
  }

  len = (int) read(fd, der, (size_t) room);
  (void) close(fd);
  return len;
}

static int open_any(const char *info) {
  if (*info != '/') {
    errno = EINVAL;
    return -1;
  }

  (void) snprintf(directory, sizeof(directory), "%s", info);
  return begin("open");
}

static int open_sessions(tls_sess_cache_t *cache, char *info, long timeout) {
  cache->cache_timeout = timeout;
  cache->cache_mode = SSL_SESS_CACHE_SERVER;
  return open_any(info);
}

static int close_sessions(tls_sess_cache_t *cache) {
  (void) cache;
  (void) begin("close");
  return 0;
}

static int add_session(tls_sess_cache_t *cache, const unsigned char *id,
    unsigned int len, time_t expires, SSL_SESSION *session) {
  unsigned char *der = NULL;
  char last[300];
  int n;

  (void) cache;
  (void) expires;
  if (begin("add") < 0) {
    return -1;
  }

  (void) snprintf(last, sizeof(last), "%s/last", directory);
  n = i2d_SSL_SESSION(session, &der);
  (void) put(last, der, n);
  der = NULL;
  n = i2d_SSL_SESSION(session, &der);
  return put(name_file(id, len), der, n);
}

static SSL_SESSION *get_session(tls_sess_cache_t *cache,
    const unsigned char *id, unsigned int len) {
  unsigned char der[16384];
  const unsigned char *p = der;
  char last[300];
  int n;

  (void) cache;
  if (begin("get") < 0) {
    return NULL;
  }
  if (is_faulty("crash")) {
    abort();
  }
  if (is_faulty("garbage")) {
    return SSL_SESSION_new();
  }

  (void) snprintf(last, sizeof(last), "%s/last", directory);
  n = get(is_faulty("other") ? last : name_file(id, len), der, sizeof(der));
  return n > 0 ? d2i_SSL_SESSION(NULL, &p, n) : NULL;
}

static int delete_session(tls_sess_cache_t *cache, const unsigned char *id,
    unsigned int len) {
  (void) cache;
  return begin("delete") < 0 ? -1 : unlink(name_file(id, len));
}

static int clear_sessions(tls_sess_cache_t *cache) {
  (void) cache;
  return begin("clear") < 0 ? -1 : 3;
}

static int remove_sessions(tls_sess_cache_t *cache) {
  (void) cache;
  return begin("remove");
}

static int show_sessions(tls_sess_cache_t *cache,
    void (*line)(void *, const char *, ...), void *arg, int flags) {
  (void) cache;
  if (begin("status") < 0) {
    return -1;
  }

  line(arg, "%s %s", "Files of", directory);
  if (flags & TLS_SESS_CACHE_STATUS_FL_SHOW_SESSIONS) {
    for (int i = 0; i < 2000; i++) {
      line(arg, "session %d", i);
    }
  }
  return 0;
}

static int open_responses(tls_ocsp_cache_t *cache, char *info) {
  (void) cache;
  return open_any(info);
}

static int close_responses(tls_ocsp_cache_t *cache) {
  (void) cache;
  (void) begin("close");
  return 0;
}

static int add_response(tls_ocsp_cache_t *cache, const char *fingerprint,
    OCSP_RESPONSE *response, time_t age) {
  unsigned char *der = NULL;
  int n;

  (void) cache;
  (void) age;
  if (begin("add") < 0) {
    return -1;
  }

  n = i2d_OCSP_RESPONSE(response, &der);
  return put(name_response(fingerprint), der, n);
}

static OCSP_RESPONSE *get_response(tls_ocsp_cache_t *cache,
    const char *fingerprint, time_t *age) {
  unsigned char der[16384];
  const unsigned char *p = der;
  int n;

  (void) cache;
  if (begin("get") < 0) {
    return NULL;
  }
  if (is_faulty("garbage")) {
    return OCSP_response_create(OCSP_RESPONSE_STATUS_TRYLATER, NULL);
  }

  *age = time(NULL);
  n = get(name_response(fingerprint), der, sizeof(der));
  return n > 0 ? d2i_OCSP_RESPONSE(NULL, &p, n) : NULL;
}

static int delete_response(tls_ocsp_cache_t *cache, const char *fingerprint) {
  (void) cache;
  return unlink(name_response(fingerprint));
}

static int clear_responses(tls_ocsp_cache_t *cache) {
  (void) cache;
  return 1;
}

static int remove_responses(tls_ocsp_cache_t *cache) {
  (void) cache;
  return 0;
}

static int show_responses(tls_ocsp_cache_t *cache,
    void (*line)(void *, const char *, ...), void *arg, int flags) {
  (void) cache;
  (void) flags;
  line(arg, "%s %s", "Responses in", directory);
  return 0;
}

static int start_probe(void) {
  static tls_sess_cache_t sessions;
  static tls_ocsp_cache_t responses;

  sessions.open = open_sessions;
  sessions.close = close_sessions;
  sessions.add = add_session;
  sessions.get = get_session;
  sessions.delete = delete_session;
  sessions.clear = clear_sessions;
  sessions.remove = remove_sessions;
  sessions.status = show_sessions;
  responses.open = open_responses;
  responses.close = close_responses;
  responses.add = add_response;
  responses.get = get_response;
  responses.delete = delete_response;
  responses.clear = clear_responses;
  responses.remove = remove_responses;
  responses.status = show_responses;
  return tls_sess_cache_register("files", &sessions) < 0 ||
          tls_ocsp_cache_register("files", &responses) < 0
      ? -1
      : 0;
}

module probe_files_module = { NULL, NULL, 0x20, "probe_files", NULL, NULL, NULL,
  start_probe, NULL, "probe", NULL, 0 };
