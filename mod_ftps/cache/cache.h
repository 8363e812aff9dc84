/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * cache.h: what is kept outside this process: TLS sessions, OCSP responses,
 * records of the shared ring of ticket keys.
 *
 * One API over the cache providers (include/ftps_cache.h).
 * The daemon opens what the configuration names at each postparse; sessions
 * inherit it by fork.  A restart opens anew before it closes what was open, and
 * entries outlive both.  A provider that unregisters while a cache of it is
 * open has that cache destroyed at once, while its code is there for certain.
 *
 * Values are sealed (cache/seal.h) with the key of the virtual host, or, for
 * responses and ring records, with the daemon's (cache/sealkey.h).  Whatever
 * does not open, is not for this use, host and key, or has expired, is not
 * there.
 *
 * No call takes longer than FTPS_CACHE_DEADLINE_MS, but for a provider that
 * breaks its promise.  After a call that was not answered, or far too late, no
 * process asks that cache for FTPS_HEALTH_BACK_OFF_MS; then one of them tries.
 * Callers go on as if there were no cache.
 *
 * Times are seconds since the epoch.  None of the functions fails in a way that
 * a caller must act on.
 *
 * Source: issue 4.
 */
#ifndef FTPS_CACHE_CACHE_H
#define FTPS_CACHE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "include/ftps_cache.h"

#define FTPS_CACHE_DEADLINE_MS 250

/* Larger values are not kept. */
#define FTPS_CACHE_VALUE_MAX 16384U

/* The two caches of a configuration.  The first serves the ring as well. */
enum ftps_cache_name {
  FTPS_CACHE_SESSIONS,  /* TLSSessionCache */
  FTPS_CACHE_RESPONSES, /* TLSStaplingCache */
  FTPS_CACHE_NAMES
};

/* What the configuration says; type NULL: no such cache. */
struct ftps_cache_choice {
  const char *type; /* name of a provider */
  const char *info; /* behind the colon */
};

struct ftps_cache_value {
  const unsigned char *bytes;
  size_t len;
  time_t expires;
};

/* Is there a provider of this name for this use?  `len` bytes of `type`. */
bool ftps_cache_has_type(enum ftps_cache_name cache, const char *type,
    size_t len);

/* In the daemon, when the configuration has been read: opens FTPS_CACHE_NAMES
 * caches, then closes what was open before.  `report` gets a line for each one
 * that cannot be opened; what was open before stays then.  Returns the number
 * of faults.
 */
int ftps_cache_open(const struct ftps_cache_choice *choices,
    ftps_report report);

/* In the daemon, when the module is unloaded for good. */
void ftps_cache_close(void);

bool ftps_cache_is_open(enum ftps_cache_name cache);
bool ftps_cache_is_any_open(void);

/* Is it open, and in the memory of this host? */
bool ftps_cache_is_local(enum ftps_cache_name cache);

/* Sessions of the control connections of one virtual host, by its context.
 * `get` returns the size of what it found, 0: nothing.
 */
void ftps_cache_put_session(SSL_CTX *ctx, const unsigned char *id,
    size_t id_len, const struct ftps_cache_value *value);
size_t ftps_cache_get_session(SSL_CTX *ctx, const unsigned char *id,
    size_t id_len, unsigned char *value, size_t room);
void ftps_cache_del_session(SSL_CTX *ctx, const unsigned char *id,
    size_t id_len);

/* OCSP responses, as DER, by the SHA-256 fingerprint of the certificate in
 * hexadecimal digits.  `get` returns the size of what it found, 0: nothing.
 */
void ftps_cache_put_response(const char *fingerprint, const unsigned char *der,
    size_t len, time_t expires);
size_t ftps_cache_get_response(const char *fingerprint, unsigned char *der,
    size_t room);

/* Records of the shared ring of ticket keys, of the hosts that have the same
 * secret.  `add` stores only where there is none of that name: MISS says that
 * there is one already.  *len: room in, size out.  UNAVAILABLE also where there
 * is no cache, in sessions that have dropped their keys, and where the secret
 * is not from TLSCacheSecretFile: with the key of a certificate as the only
 * secret, that key would open all tickets that were ever recorded.
 */
enum ftps_cache_result ftps_cache_add_key(const char *name,
    const unsigned char *key, size_t len, time_t expires);
enum ftps_cache_result ftps_cache_get_key(const char *name, unsigned char *key,
    size_t *len);

/* For administrators.  Numbers are those of all processes since the daemon
 * started.
 */
struct ftps_cache_report {
  const char *type; /* NULL: no such cache is open; all else is 0 then */
  const char *info;
  uint64_t hits;
  uint64_t misses; /* asked, and there was nothing, or nothing that opens */
  uint64_t stores;
  uint64_t errors;         /* calls that could not be answered in time */
  uint64_t unreadable;     /* of the misses: values that did not open */
  uint64_t unavailable_ms; /* during which nobody asked, because of errors */
  bool is_unavailable;     /* at this moment */
  bool has_status;         /* the provider told what is below */
  struct ftps_cache_status status;
};

void ftps_cache_report(enum ftps_cache_name cache,
    struct ftps_cache_report *report_out);

/* The daemon has started: caches made for mod_tls are opened only then, and not
 * by "proftpd -t".
 */
void ftps_cache_start(void);

/* A cache made for mod_tls says by itself what is in it: see mod_tls_cache.h.
 * 1: it is none.
 */
struct ftps_mod_tls_view;

int ftps_cache_show(enum ftps_cache_name cache,
    const struct ftps_mod_tls_view *view);

/* Passed on to the provider: see include/ftps_cache.h.  -1 and errno: ENOENT
 * where no such cache is open, ENOSYS where the provider cannot iterate.
 */
long ftps_cache_clear(enum ftps_cache_name cache);
int ftps_cache_remove(enum ftps_cache_name cache);
long ftps_cache_iterate(enum ftps_cache_name cache, ftps_cache_visit visit,
    void *arg);

/* What is in a key that `visit` of iterate is given. */
enum ftps_cache_use {
  FTPS_CACHE_USE_OTHER, /* not ours */
  FTPS_CACHE_USE_SESSION,
  FTPS_CACHE_USE_RESPONSE,
  FTPS_CACHE_USE_KEY
};

enum ftps_cache_use ftps_cache_use_of(const void *key, size_t key_len);

#endif /* FTPS_CACHE_CACHE_H */
