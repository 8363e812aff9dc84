/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_probe_legacy.c: a cache module for mod_tls, as anybody may have written
 * one.
 *
 * t/51-identity.t builds it against the header of the installed mod_tls and
 * against include/mod_tls.h.  It prints the layout of the structures and what
 * registering answers; callbacks of other types do not compile.
 */
#include "conf.h"
#include "mod_tls.h"

#include <stddef.h>

module probe_legacy_module;

static int open_sessions(tls_sess_cache_t *cache, char *info, long timeout) {
  return cache == NULL || info == NULL || timeout < 0 ? -1 : 0;
}

static int use_sessions(tls_sess_cache_t *cache) {
  return cache != NULL ? 0 : -1;
}

static int add_session(tls_sess_cache_t *cache, const unsigned char *id,
    unsigned int len, time_t expires, SSL_SESSION *session) {
  return cache == NULL || id == NULL || len == 0 || expires == 0 ||
          session == NULL
      ? -1
      : 0;
}

static SSL_SESSION *get_session(tls_sess_cache_t *cache,
    const unsigned char *id, unsigned int len) {
  (void) cache;
  (void) id;
  (void) len;
  return NULL;
}

static int delete_session(tls_sess_cache_t *cache, const unsigned char *id,
    unsigned int len) {
  return cache == NULL || id == NULL || len == 0 ? -1 : 0;
}

static int show_sessions(tls_sess_cache_t *cache,
    void (*line)(void *, const char *, ...), void *arg, int flags) {
  line(arg, "%d", flags);
  return cache != NULL ? 0 : -1;
}

static int open_responses(tls_ocsp_cache_t *cache, char *info) {
  return cache == NULL || info == NULL ? -1 : 0;
}

static int use_responses(tls_ocsp_cache_t *cache) {
  return cache != NULL ? 0 : -1;
}

static int add_response(tls_ocsp_cache_t *cache, const char *fingerprint,
    OCSP_RESPONSE *response, time_t age) {
  return cache == NULL || fingerprint == NULL || response == NULL || age == 0
      ? -1
      : 0;
}

static OCSP_RESPONSE *get_response(tls_ocsp_cache_t *cache,
    const char *fingerprint, time_t *age) {
  (void) cache;
  (void) fingerprint;
  *age = 0;
  return NULL;
}

static int delete_response(tls_ocsp_cache_t *cache, const char *fingerprint) {
  return cache == NULL || fingerprint == NULL ? -1 : 0;
}

static int show_responses(tls_ocsp_cache_t *cache,
    void (*line)(void *, const char *, ...), void *arg, int flags) {
  line(arg, "%d", flags);
  return cache != NULL ? 0 : -1;
}

static void say(const char *what, int res) {
  int xerrno = errno;

  (void) fprintf(stderr, "probe: %s: %s\n", what,
      res == 0 ? "0" : strerror(xerrno));
}

#define SAY_PLACE(type, member) \
  (void) fprintf(stderr, "probe: layout: %s.%s %zu\n", #type, #member, \
      offsetof(type, member))

static void say_layout(void) {
  SAY_PLACE(tls_sess_cache_t, cache_name);
  SAY_PLACE(tls_sess_cache_t, cache_pool);
  SAY_PLACE(tls_sess_cache_t, cache_data);
  SAY_PLACE(tls_sess_cache_t, cache_timeout);
  SAY_PLACE(tls_sess_cache_t, cache_mode);
  SAY_PLACE(tls_sess_cache_t, open);
  SAY_PLACE(tls_sess_cache_t, close);
  SAY_PLACE(tls_sess_cache_t, add);
  SAY_PLACE(tls_sess_cache_t, get);
  SAY_PLACE(tls_sess_cache_t, delete);
  SAY_PLACE(tls_sess_cache_t, clear);
  SAY_PLACE(tls_sess_cache_t, remove);
  SAY_PLACE(tls_sess_cache_t, status);
  SAY_PLACE(tls_ocsp_cache_t, cache_name);
  SAY_PLACE(tls_ocsp_cache_t, cache_pool);
  SAY_PLACE(tls_ocsp_cache_t, cache_data);
  SAY_PLACE(tls_ocsp_cache_t, open);
  SAY_PLACE(tls_ocsp_cache_t, close);
  SAY_PLACE(tls_ocsp_cache_t, add);
  SAY_PLACE(tls_ocsp_cache_t, get);
  SAY_PLACE(tls_ocsp_cache_t, delete);
  SAY_PLACE(tls_ocsp_cache_t, clear);
  SAY_PLACE(tls_ocsp_cache_t, remove);
  SAY_PLACE(tls_ocsp_cache_t, status);
  (void) fprintf(stderr, "probe: layout: sizes %zu %zu\n",
      sizeof(tls_sess_cache_t), sizeof(tls_ocsp_cache_t));
  (void) fprintf(stderr, "probe: layout: flags %d\n",
      TLS_SESS_CACHE_STATUS_FL_SHOW_SESSIONS);
}

static int start_probe(void) {
  static tls_sess_cache_t sessions;
  static tls_ocsp_cache_t responses;

  sessions.open = open_sessions;
  sessions.close = use_sessions;
  sessions.add = add_session;
  sessions.get = get_session;
  sessions.delete = delete_session;
  sessions.clear = use_sessions;
  sessions.remove = use_sessions;
  sessions.status = show_sessions;
  responses.open = open_responses;
  responses.close = use_responses;
  responses.add = add_response;
  responses.get = get_response;
  responses.delete = delete_response;
  responses.clear = use_responses;
  responses.remove = use_responses;
  responses.status = show_responses;
  say_layout();

  say("sess add no name", tls_sess_cache_register(NULL, &sessions));
  say("sess add nothing", tls_sess_cache_register("probe", NULL));
  say("sess add", tls_sess_cache_register("probe", &sessions));
  say("sess add again", tls_sess_cache_register("probe", &sessions));
  say("ocsp add no name", tls_ocsp_cache_register(NULL, &responses));
  say("ocsp add nothing", tls_ocsp_cache_register("probe", NULL));
  say("ocsp add", tls_ocsp_cache_register("probe", &responses));
  say("ocsp add again", tls_ocsp_cache_register("probe", &responses));
  say("sess remove no name", tls_sess_cache_unregister(NULL));
  say("sess remove other", tls_sess_cache_unregister("other"));
  say("sess remove", tls_sess_cache_unregister("probe"));
  say("sess remove again", tls_sess_cache_unregister("probe"));
  say("ocsp remove no name", tls_ocsp_cache_unregister(NULL));
  say("ocsp remove other", tls_ocsp_cache_unregister("other"));
  say("ocsp remove", tls_ocsp_cache_unregister("probe"));
  say("ocsp remove again", tls_ocsp_cache_unregister("probe"));
  say("sess add anew", tls_sess_cache_register("probe", &sessions));
  say("sess remove anew", tls_sess_cache_unregister("probe"));
  (void) tls_log("%s", "a line without a log to go to");
  return 0;
}

module probe_legacy_module = { NULL, NULL, 0x20, "probe_legacy", NULL, NULL,
  NULL, start_probe, NULL, "probe", NULL, 0 };
