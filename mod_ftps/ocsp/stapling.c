/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * stapling.c: see stapling.h.
 *
 * Contexts with the same certificate share a counted staple, so it outlives a
 * reload with its response.
 */
#include "ocsp/stapling.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "base/ctx_index.h"
#include "base/daemon.h"
#include "base/x509_text.h"
#include "cache/cache.h"
#include "keys/keypair.h"
#include "log/log.h"
#include "ocsp/ask.h"
#include "ocsp/responder.h"
#include "ocsp/response.h"

#include "conf.h"

/* This many processes at a time. */
#define ASKING_MAX 16

#define STATUS_REQUEST 5 /* TLS extension, RFC 7633 */

#define FINGERPRINT_SIZE (2 * 32 + 1)

enum state {
  STATE_NEW, /* no request yet */
  STATE_GOOD,
  STATE_BAD,   /* revoked, or unknown to the responder */
  STATE_FAILED /* no answer; the last response may still be valid */
};

struct ftps_staple {
  struct ftps_daemon *daemon; /* the daemon whose list contains it */
  struct ftps_staple *next;
  unsigned int refs;
  char fingerprint[FINGERPRINT_SIZE];
  struct ftps_responder *responder;
  X509 *cert;
  X509 *issuer;
  X509_STORE *trust;
  unsigned int seconds;
  bool with_nonce;
  bool is_unverified;

  unsigned char *der; /* NULL: no response */
  size_t len;
  struct ftps_response_answer answer;

  enum state state;
  unsigned int failures; /* since the last answer */
  time_t decided;        /* when `due` was computed */
  time_t due;
  struct ftps_ocsp *asking; /* NULL: no open request */
  char told[FTPS_ERROR_TEXT_SIZE];
};

/* For one context. */
struct staples {
  size_t n;
  struct ftps_staple *list[FTPS_KEYTYPE_COUNT];
  bool no_fake;
};

static void stop_asking(struct ftps_staple *staple) {
  if (staple->asking != NULL) {
    ftps_ocsp_free(staple->asking);
    staple->asking = NULL;
    ftps_responder_end(staple->responder);
  }
}

static void unref(struct ftps_staple *staple) {
  struct ftps_staple **link = &staple->daemon->staples;

  if (--staple->refs > 0) {
    return;
  }

  while (*link != NULL && *link != staple) {
    link = &(*link)->next;
  }
  if (*link != NULL) {
    *link = staple->next;
  }

  stop_asking(staple);
  ftps_responder_unref(staple->responder);
  OPENSSL_free(staple->der);
  X509_free(staple->cert);
  X509_free(staple->issuer);
  X509_STORE_free(staple->trust);
  OPENSSL_free(staple);
}

static void free_staples(void *data) {
  struct staples *staples = data;

  for (size_t i = 0; i < staples->n; i++) {
    unref(staples->list[i]);
  }
  OPENSSL_free(staples);
}

/* Logs a text once, until there is another one. */
__attribute__((format(printf, 3, 4))) static void tell(struct ftps_staple
                                                           *staple,
    int priority, const char *fmt, ...) {
  char text[FTPS_ERROR_TEXT_SIZE], subject[256];
  va_list args;

  va_start(args, fmt);
  (void) vsnprintf(text, sizeof(text), fmt, args);
  va_end(args);
  if (strcmp(text, staple->told) == 0) {
    return;
  }

  memcpy(staple->told, text, sizeof(text));
  (void) ftps_text_name(X509_get_subject_name(staple->cert), subject,
      sizeof(subject));
  ftps_log_admin(priority, "OCSP response about certificate \"%s\": %s",
      subject, text);
}

static X509 *find_issuer(SSL_CTX *ctx, const struct ftps_keypair *pair) {
  STACK_OF(X509) *chain = ftps_keypair_get0_chain(pair);
  X509 *cert = ftps_keypair_get0_certificate(pair), *issuer = NULL;
  X509_STORE_CTX *store_ctx;

  for (int i = 0; i < sk_X509_num(chain); i++) {
    issuer = sk_X509_value(chain, i);
    if (X509_check_issued(issuer, cert) == X509_V_OK) {
      return X509_up_ref(issuer) == 1 ? issuer : NULL;
    }
  }

  issuer = NULL;
  store_ctx = X509_STORE_CTX_new();
  if (store_ctx == NULL ||
      X509_STORE_CTX_init(store_ctx, SSL_CTX_get_cert_store(ctx), cert, NULL) !=
          1 ||
      X509_STORE_CTX_get1_issuer(&issuer, store_ctx, cert) != 1) {
    issuer = NULL;
  }

  X509_STORE_CTX_free(store_ctx);
  ERR_clear_error();
  return issuer;
}

static void warn(const struct ftps_settings *settings, X509 *cert,
    const char *what) {
  char subject[256];

  (void) ftps_text_name(X509_get_subject_name(cert), subject, sizeof(subject));
  ftps_log_admin(PR_LOG_WARNING,
      "server \"%s\": TLSStapling on: certificate \"%s\" %s",
      settings->server_name, subject, what);
}

static struct ftps_staple *find_staple(const struct ftps_daemon *daemon,
    X509 *cert) {
  char fingerprint[FINGERPRINT_SIZE];
  struct ftps_staple *staple = daemon->staples;

  (void) ftps_text_fingerprint(cert, fingerprint, sizeof(fingerprint));
  while (staple != NULL && strcmp(staple->fingerprint, fingerprint) != 0) {
    staple = staple->next;
  }

  return staple;
}

/* Takes over the reference to the issuer. */
static struct ftps_staple *new_staple(struct ftps_daemon *daemon, X509 *cert,
    X509 *issuer) {
  struct ftps_staple *staple = OPENSSL_zalloc(sizeof(*staple));

  if (staple == NULL || X509_up_ref(cert) != 1) {
    X509_free(issuer);
    OPENSSL_free(staple);
    return NULL;
  }

  staple->cert = cert;
  staple->issuer = issuer;
  (void) ftps_text_fingerprint(cert, staple->fingerprint,
      sizeof(staple->fingerprint));
  staple->daemon = daemon;
  staple->next = daemon->staples;
  daemon->staples = staple;
  return staple;
}

/* The configuration that was read last says how to make requests.  An
 * administrator who has changed it wants to see the result soon.
 */
static int configure(struct ftps_staple *staple,
    const struct ftps_settings *settings, SSL_CTX *ctx, const char *url) {
  struct ftps_responder *responder = ftps_responder_get1(staple->daemon, url);
  X509_STORE *trust = SSL_CTX_get_cert_store(ctx);

  if (responder == NULL || X509_STORE_up_ref(trust) != 1) {
    ftps_responder_unref(responder);
    return -1;
  }

  if (staple->state != STATE_GOOD || responder != staple->responder) {
    stop_asking(staple);
  }
  X509_STORE_free(staple->trust);
  ftps_responder_unref(staple->responder);
  staple->trust = trust;
  staple->responder = responder;
  staple->seconds = settings->stapling_timeout;
  staple->with_nonce = !(settings->stapling_options & FTPS_STAPLE_NO_NONCE);
  staple->is_unverified =
      (settings->stapling_options & FTPS_STAPLE_NO_VERIFY) != 0;
  if (staple->state != STATE_GOOD) {
    ftps_responder_note(responder, true);
    staple->due = 0;
    staple->failures = 0;
  }
  return 0;
}

/* Returns NULL if there is no memory, or if `*is_possible_out` says that there
 * can be none.
 */
static struct ftps_staple *get1_staple(SSL_CTX *ctx,
    const struct ftps_settings *settings, const struct ftps_keypair *pair,
    bool *is_possible_out) {
  struct ftps_daemon *daemon = ftps_ctx_index_daemon(ctx);
  X509 *cert = ftps_keypair_get0_certificate(pair), *issuer;
  char *url = settings->stapling_responder != NULL
      ? OPENSSL_strdup(settings->stapling_responder)
      : ftps_ocsp_find_responder(cert);
  struct ftps_staple *staple;
  int res;

  *is_possible_out = false;
  if (url == NULL) {
    warn(settings, cert,
        "names no OCSP responder, so clients get no response; set "
        "TLSStaplingResponder if its CA has one");
    return NULL;
  }

  staple = find_staple(daemon, cert);
  if (staple == NULL) {
    issuer = find_issuer(ctx, pair);
    if (issuer == NULL) {
      OPENSSL_free(url);
      warn(settings, cert,
          "cannot be asked about without that of its CA; add the CA's to the "
          "file of TLSCertificateChainFile or TLSCACertificateFile");
      return NULL;
    }
    staple = new_staple(daemon, cert, issuer);
  }

  *is_possible_out = true;
  if (staple == NULL) {
    OPENSSL_free(url);
    return NULL;
  }

  staple->refs++;
  res = configure(staple, settings, ctx, url);
  OPENSSL_free(url);
  if (res < 0) {
    unref(staple);
    return NULL;
  }
  return staple;
}

static bool has_promised(X509 *cert) {
  TLS_FEATURE *features = X509_get_ext_d2i(cert, NID_tlsfeature, NULL, NULL);
  bool found = false;

  for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++) {
    found = found ||
        ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == STATUS_REQUEST;
  }

  TLS_FEATURE_free(features);
  ERR_clear_error();
  return found;
}

/* `staple` is NULL if the certificate names no responder. */
static bool must_pretend(const struct staples *staples,
    const struct ftps_staple *staple, X509 *cert) {
  bool is_in_vain = staple != NULL &&
      (staple->state == STATE_FAILED || staple->state == STATE_BAD);

  return (is_in_vain && !staples->no_fake) || has_promised(cert);
}

static int give(SSL *ssl, const unsigned char *der, size_t len) {
  unsigned char *copy = OPENSSL_memdup(der, len);

  if (copy == NULL ||
      SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long) len) != 1) {
    OPENSSL_free(copy);
    return SSL_TLSEXT_ERR_NOACK;
  }

  return SSL_TLSEXT_ERR_OK;
}

/* The response for the certificate that was chosen for this client. */
static int status_asked(SSL *ssl, void *arg) {
  static const unsigned char try_later[] = { 0x30, 3, 0x0a, 1,
    OCSP_RESPONSE_STATUS_TRYLATER };
  const struct staples *staples = arg;
  const struct ftps_staple *staple = NULL;
  X509 *cert = SSL_get_certificate(ssl);

  if (cert == NULL || SSL_session_reused(ssl)) {
    return SSL_TLSEXT_ERR_NOACK;
  }

  for (size_t i = 0; i < staples->n; i++) {
    if (X509_cmp(staples->list[i]->cert, cert) == 0) {
      staple = staples->list[i];
    }
  }

  if (staple != NULL && staple->der != NULL &&
      staple->answer.expires > time(NULL)) {
    return give(ssl, staple->der, staple->len);
  }

  return must_pretend(staples, staple, cert)
      ? give(ssl, try_later, sizeof(try_later))
      : SSL_TLSEXT_ERR_NOACK;
}

int ftps_stapling_attach(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_keypair *const *pairs, struct ftps_error *err) {
  struct staples *staples;

  if (!settings->stapling) {
    return 0;
  }

  staples = OPENSSL_zalloc(sizeof(*staples));
  if (staples == NULL) {
    ftps_error_set_errno(err, ENOMEM, "memory for OCSP responses");
    return -1;
  }

  ftps_ctx_index_set(ctx, FTPS_CTX_STAPLES, staples, free_staples);
  staples->no_fake = (settings->stapling_options & FTPS_STAPLE_NO_FAKE) != 0;
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    bool is_possible = false;
    struct ftps_staple *staple = pairs[i] != NULL
        ? get1_staple(ctx, settings, pairs[i], &is_possible)
        : NULL;

    if (staple == NULL && is_possible) {
      ftps_error_set_errno(err, ENOMEM, "memory for OCSP responses");
      return -1;
    }
    if (staple != NULL) {
      staples->list[staples->n++] = staple;
    }
  }

  (void) SSL_CTX_set_tlsext_status_cb(ctx, status_asked);
  (void) SSL_CTX_set_tlsext_status_arg(ctx, staples);
  return 0;
}

/* The functions from here on run in the daemon. */

static int judge(const struct ftps_staple *staple, const unsigned char *der,
    size_t len, struct ftps_response_answer *answer_out,
    struct ftps_error *err) {
  struct ftps_response_rules rules = { .cert = staple->cert,
    .issuer = staple->issuer,
    .is_unverified = staple->is_unverified,
    .now = time(NULL) };

  return ftps_response_judge(&rules, der, len, answer_out, err);
}

static void fail(struct ftps_staple *staple, time_t now, const char *why) {
  bool has_answer = staple->der != NULL && staple->answer.expires > now;
  char last[80];

  staple->state = STATE_FAILED;
  staple->failures++;
  staple->decided = now;
  staple->due = ftps_response_next_attempt(staple->failures, now);
  ftps_response_describe_last(staple->der != NULL ? &staple->answer : NULL, now,
      last, sizeof(last));
  tell(staple, has_answer ? PR_LOG_NOTICE : PR_LOG_WARNING,
      "responder %s: %s; it will be asked again, and until then clients get "
      "%s",
      ftps_responder_get0_url(staple->responder), why, last);
}

static void take(struct ftps_staple *staple, const unsigned char *der,
    size_t len, const struct ftps_response_answer *answer, time_t now) {
  unsigned char *copy = OPENSSL_memdup(der, len);

  if (copy == NULL) {
    fail(staple, now, "no memory for its response");
    return;
  }

  OPENSSL_free(staple->der);
  staple->der = copy;
  staple->len = len;
  staple->answer = *answer;
  staple->state = STATE_GOOD;
  staple->failures = 0;
  staple->decided = now;
  staple->due = ftps_response_next_request(answer, now);
  tell(staple, PR_LOG_NOTICE, "there is one, and it says \"good\"");
}

static void take_bad(struct ftps_staple *staple,
    const struct ftps_response_answer *answer, time_t now) {
  OPENSSL_free(staple->der);
  staple->der = NULL;
  staple->state = STATE_BAD;
  staple->decided = now;
  staple->due = ftps_response_next_attempt(++staple->failures, now);
  if (answer->state == FTPS_RESPONSE_REVOKED) {
    tell(staple, PR_LOG_ERR,
        "the certificate is REVOKED, says responder %s: replace it; clients "
        "get no response",
        ftps_responder_get0_url(staple->responder));
  } else {
    tell(staple, PR_LOG_ERR,
        "responder %s does not know the certificate: check "
        "TLSStaplingResponder, and the CA; clients get no response",
        ftps_responder_get0_url(staple->responder));
  }
}

static void take_answer(struct ftps_staple *staple, time_t now) {
  struct ftps_response_answer answer;
  const unsigned char *der;
  struct ftps_error err;
  size_t len;

  ftps_error_clear(&err);
  der = ftps_ocsp_get0_response(staple->asking, &len);
  if (judge(staple, der, len, &answer, &err) < 0) {
    fail(staple, now, err.text);

  } else if (answer.state != FTPS_RESPONSE_GOOD) {
    take_bad(staple, &answer, now);

  } else {
    take(staple, der, len, &answer, now);
    ftps_cache_put_response(staple->daemon, staple->fingerprint, der, len,
        answer.expires);
  }
}

static void collect(struct ftps_staple *staple, time_t now) {
  struct ftps_error err;
  int res;

  ftps_error_clear(&err);
  res = ftps_ocsp_poll(staple->asking, false, &err);
  if (res == 0) {
    return;
  }

  ftps_responder_note(staple->responder,
      ftps_ocsp_has_response(staple->asking));
  if (res > 0) {
    take_answer(staple, now);
  } else {
    fail(staple, now, err.text);
  }

  stop_asking(staple);
}

/* Takes a newer response from the cache, which another daemon, or this one
 * before its last start, may have stored.
 */
static bool take_stored(struct ftps_staple *staple, time_t now) {
  unsigned char der[FTPS_CACHE_VALUE_MAX];
  struct ftps_response_answer answer;
  struct ftps_error unused;
  size_t len = ftps_cache_get_response(staple->daemon, staple->fingerprint, der,
      sizeof(der));

  ftps_error_clear(&unused);
  if (len == 0 || judge(staple, der, len, &answer, &unused) < 0 ||
      answer.state != FTPS_RESPONSE_GOOD ||
      (staple->der != NULL && answer.from <= staple->answer.from)) {
    return false;
  }

  take(staple, der, len, &answer, now);
  return staple->state == STATE_GOOD;
}

static void ask(struct ftps_staple *staple, time_t now) {
  const struct ftps_ocsp_question question = { .daemon = staple->daemon,
    .cert = staple->cert,
    .issuer = staple->issuer,
    .url = ftps_responder_get0_url(staple->responder),
    .seconds = staple->seconds,
    .with_nonce = staple->with_nonce,
    .is_unverified = staple->is_unverified,
    .trust = staple->trust };
  struct ftps_error err;

  ftps_error_clear(&err);
  staple->asking = ftps_ocsp_ask(&question, &err);
  if (staple->asking == NULL) {
    fail(staple, now, err.text);
  } else {
    ftps_responder_begin(staple->responder);
  }
}

/* There is another request to the same responder, which will probably not be
 * answered.
 */
static void wait_for_others(struct ftps_staple *staple, time_t now) {
  if (staple->state == STATE_NEW) {
    staple->state = STATE_FAILED;
  }
  staple->decided = now;
  staple->due = ftps_response_next_attempt(1, now);
}

/* Returns true if this took a while, or a request was sent. */
static bool renew(struct ftps_staple *staple, bool may_ask, time_t now) {
  if (staple->asking != NULL ||
      !ftps_response_is_due(staple->decided, staple->due, now)) {
    return false;
  }

  if (take_stored(staple, now) || !may_ask) {
    return true;
  }

  if (ftps_responder_is_spared(staple->responder)) {
    wait_for_others(staple, now);
  } else {
    ask(staple, now);
  }
  return true;
}

/* A slow cache is used for some staples only, and for the rest later. */
bool ftps_stapling_renew(struct ftps_daemon *daemon, bool may_ask) {
  uint64_t until = ftps_clock_ms() + FTPS_CACHE_DEADLINE_MS;
  time_t now = time(NULL);
  bool is_late = false;
  unsigned int n = 0;

  for (struct ftps_staple *s = daemon->staples; s != NULL; s = s->next) {
    if (s->asking != NULL && !is_late) {
      collect(s, now);
      is_late = ftps_clock_ms() >= until;
    }
    n += s->asking != NULL;
  }

  for (struct ftps_staple *s = daemon->staples;
       s != NULL && n < ASKING_MAX && !is_late; s = s->next) {
    if (renew(s, may_ask, now)) {
      n += s->asking != NULL;
      is_late = ftps_clock_ms() >= until;
    }
  }

  return n > 0 || (is_late && may_ask);
}
