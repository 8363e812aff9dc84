/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * verify_ocsp.c: see verify_ocsp.h.
 */
#include "trust/verify_ocsp.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <openssl/x509.h>

#include "base/clock.h"
#include "base/conn_index.h"
#include "base/conn_tag.h"
#include "base/ctx_index.h"
#include "base/daemon.h"
#include "base/x509_text.h"
#include "cache/cache.h"
#include "log/log.h"
#include "ocsp/ask.h"
#include "ocsp/response.h"
#include "trust/crl.h"

#include "conf.h"

#define FINGERPRINT_SIZE (2 * 32 + 1)
#define KEPT_MAX         8

/* A certificate may name many. */
#define RESPONDERS_MAX 4

/* No error of the library is negative. */
#define ASK_NEXT (-1)

/* For one context. */
struct policy {
  enum ftps_verify_order order;
  unsigned int seconds;
  bool with_nonce;
};

struct kept {
  char fingerprint[FINGERPRINT_SIZE];
  unsigned char *der;
  size_t len;
};

/* Answers that this process has got; a new one replaces the oldest. */
struct ftps_trust_answers {
  struct kept kept[KEPT_MAX];
  size_t next;
};

struct check {
  struct ftps_daemon *daemon;
  const struct policy *policy;
  X509_STORE_CTX *store_ctx;
  SSL *ssl;
  bool may_ask;
  bool has_next; /* there is another responder */
  X509 *cert;
  X509 *issuer;
  char fingerprint[FINGERPRINT_SIZE];
  char subject[512];
  uint64_t deadline; /* ms, as ftps_clock_ms() */
};

static void free_policy(void *policy) {
  OPENSSL_free(policy);
}

int ftps_verify_ocsp_attach(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err) {
  struct policy *policy;

  if (settings->verify_order == FTPS_ORDER_CRL) {
    return 0;
  }

  policy = OPENSSL_zalloc(sizeof(*policy));
  if (policy == NULL) {
    ftps_error_set_errno(err, ENOMEM, "memory for TLSVerifyOrder");
    return -1;
  }

  policy->order = settings->verify_order;
  policy->seconds = settings->stapling_timeout;
  policy->with_nonce = !(settings->stapling_options & FTPS_STAPLE_NO_NONCE);
  ftps_ctx_index_set(ctx, FTPS_CTX_ORDER, policy, free_policy);
  return 0;
}

static int judge(const struct check *check, const unsigned char *der,
    size_t len, struct ftps_response_answer *answer_out,
    struct ftps_error *err) {
  struct ftps_response_rules rules = { .cert = check->cert,
    .issuer = check->issuer,
    .now = time(NULL) };

  return ftps_response_judge(&rules, der, len, answer_out, err);
}

static bool find_kept(const struct check *check,
    struct ftps_response_answer *answer_out) {
  const struct ftps_trust_answers *answers = check->daemon->answers;
  unsigned char der[FTPS_CACHE_VALUE_MAX];
  struct ftps_error unused;
  size_t len;

  ftps_error_clear(&unused);
  for (size_t i = 0; answers != NULL && i < KEPT_MAX; i++) {
    const struct kept *kept = &answers->kept[i];

    if (strcmp(kept->fingerprint, check->fingerprint) == 0 &&
        judge(check, kept->der, kept->len, answer_out, &unused) == 0) {
      return true;
    }
  }

  len = ftps_cache_get_response(check->daemon, check->fingerprint, der,
      sizeof(der));
  return len > 0 && judge(check, der, len, answer_out, &unused) == 0;
}

static struct ftps_trust_answers *get0_answers(struct ftps_daemon *daemon) {
  if (daemon->answers == NULL) {
    daemon->answers = OPENSSL_zalloc(sizeof(*daemon->answers));
  }

  return daemon->answers;
}

static void keep_here(const struct check *check, const unsigned char *der,
    size_t len) {
  struct ftps_trust_answers *answers = get0_answers(check->daemon);
  unsigned char *copy = OPENSSL_memdup(der, len);
  struct kept *kept;

  if (answers == NULL || copy == NULL) {
    OPENSSL_free(copy);
    return;
  }

  kept = &answers->kept[answers->next];
  OPENSSL_free(kept->der);
  kept->der = copy;
  kept->len = len;
  memcpy(kept->fingerprint, check->fingerprint, FINGERPRINT_SIZE);
  answers->next = (answers->next + 1) % KEPT_MAX;
}

/* Without an expiry there may be a newer answer at any time, so it is for this
 * session only.
 */
static void keep(const struct check *check, const unsigned char *der,
    size_t len, const struct ftps_response_answer *answer) {
  keep_here(check, der, len);
  if (answer->has_expiry) {
    ftps_cache_put_response(check->daemon, check->fingerprint, der, len,
        answer->expires);
  }
}

/* In whole seconds, rounded up.  A responder that is silent leaves half of the
 * time to the next one.
 */
static unsigned int seconds_left(const struct check *check) {
  uint64_t now = ftps_clock_ms();
  uint64_t left = now < check->deadline ? check->deadline - now : 0;

  return (unsigned int) ((left / (check->has_next ? 2 : 1) + 999) / 1000);
}

static int ask(const struct check *check, const char *url,
    struct ftps_response_answer *answer_out, struct ftps_error *err) {
  struct ftps_ocsp_question question = { .daemon = check->daemon,
    .cert = check->cert,
    .issuer = check->issuer,
    .url = url,
    .seconds = seconds_left(check),
    .with_nonce = check->policy->with_nonce,
    .trust = X509_STORE_CTX_get0_store(check->store_ctx),
    .ssl = check->ssl };
  const unsigned char *der;
  struct ftps_ocsp *ocsp;
  size_t len;
  int res = -1;

  if (question.seconds == 0) {
    ftps_error_set(err, "no time is left to ask it (TLSStaplingTimeout)");
    return -1;
  }

  ocsp = ftps_ocsp_ask(&question, err);
  if (ocsp != NULL && ftps_ocsp_poll(ocsp, true, err) > 0) {
    der = ftps_ocsp_get0_response(ocsp, &len);
    res = judge(check, der, len, answer_out, err);
    if (res == 0) {
      keep(check, der, len, answer_out);
    }
  }

  ftps_ocsp_free(ocsp);
  return res;
}

/* The library has checked the lists already, so covered means not revoked. */
static bool is_covered(const struct check *check) {
  return check->policy->order != FTPS_ORDER_OCSP &&
      ftps_crl_has_list(check->store_ctx, check->cert);
}

static int do_without(const struct check *check, int error, const char *why) {
  if (is_covered(check)) {
    ftps_log("OCSP: certificate \"%s\": %s; a revocation list does not name it",
        check->subject, why);
    return X509_V_OK;
  }

  ftps_log("OCSP: certificate \"%s\": %s", check->subject, why);
  return error;
}

/* Returns ASK_NEXT if this responder did not answer and there is another. */
static int look_at(const struct check *check, const char *url) {
  struct ftps_response_answer answer;
  struct ftps_error err, why;

  ftps_error_clear(&err);
  ftps_error_clear(&why);
  if (!find_kept(check, &answer)) {
    if (!check->may_ask) {
      return do_without(check, X509_V_ERR_OCSP_VERIFY_FAILED,
          "no answer is kept");
    }

    if (session.chroot_path != NULL) {
      return do_without(check, X509_V_ERR_OCSP_VERIFY_FAILED,
          "responders are not asked from inside of a chroot");
    }

    if (ask(check, url, &answer, &err) < 0) {
      if (check->has_next) {
        ftps_log("OCSP: certificate \"%s\": responder %s: %s; the next one is "
                 "asked",
            check->subject, url, err.text);
        return ASK_NEXT;
      }
      ftps_error_set(&why, "responder %s: %s", url, err.text);
      return do_without(check, X509_V_ERR_OCSP_VERIFY_FAILED, why.text);
    }
  }

  switch (answer.state) {
    case FTPS_RESPONSE_GOOD:
      ftps_log("OCSP: certificate \"%s\": good", check->subject);
      return X509_V_OK;

    case FTPS_RESPONSE_REVOKED:
      ftps_log("OCSP: certificate \"%s\": revoked", check->subject);
      return X509_V_ERR_CERT_REVOKED;

    default:
      ftps_error_set(&why, "responder %s does not know it", url);
      return do_without(check, X509_V_ERR_OCSP_CERT_UNKNOWN, why.text);
  }
}

/* Many CAs have no responder, because lists revoke them.  The client's own
 * certificate must have one.
 */
static int do_without_responder(const struct check *check, int depth) {
  if (depth == 0) {
    return do_without(check, X509_V_ERR_OCSP_VERIFY_NEEDED,
        "it names no OCSP responder");
  }

  ftps_log("OCSP: certificate \"%s\": not checked, since it names no OCSP "
           "responder",
      check->subject);
  return X509_V_OK;
}

static int look_at_all(struct check *check, int depth) {
  STACK_OF(OPENSSL_STRING) *urls = ftps_ocsp_find_responders(check->cert);
  int n = sk_OPENSSL_STRING_num(urls);
  int res = n > 0 ? ASK_NEXT : do_without_responder(check, depth);

  for (int i = 0; res == ASK_NEXT; i++) {
    check->has_next = i + 1 < n && i + 1 < RESPONDERS_MAX;
    res = look_at(check, sk_OPENSSL_STRING_value(urls, i));
  }

  X509_email_free(urls);
  return res;
}

static int check_one(struct check *check, int depth) {
  (void) ftps_text_fingerprint(check->cert, check->fingerprint,
      sizeof(check->fingerprint));
  (void) ftps_text_name(X509_get_subject_name(check->cert), check->subject,
      sizeof(check->subject));
  if (check->policy->order == FTPS_ORDER_CRL_OCSP && is_covered(check)) {
    return X509_V_OK;
  }

  return look_at_all(check, depth);
}

static bool is_data(const SSL *ssl) {
  const struct ftps_conn_tag *tag = ftps_conn_index_get(ssl);

  return tag != NULL && tag->kind == FTPS_KIND_DATA;
}

/* The last certificate of the chain is trusted as it is. */
int ftps_verify_ocsp_chain(X509_STORE_CTX *store_ctx, SSL *ssl, bool may_ask) {
  STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store_ctx);
  struct check check = { .store_ctx = store_ctx,
    .ssl = ssl,
    .may_ask = may_ask };
  int res = X509_V_OK;

  if (ssl != NULL && !is_data(ssl)) {
    check.policy = ftps_ctx_index_get(SSL_get_SSL_CTX(ssl), FTPS_CTX_ORDER);
  }
  if (check.policy == NULL) {
    return X509_V_OK;
  }

  check.daemon = ftps_ctx_index_daemon(SSL_get_SSL_CTX(ssl));
  check.deadline = ftps_clock_ms() + check.policy->seconds * (uint64_t) 1000;
  for (int i = 0; i + 1 < sk_X509_num(chain) && res == X509_V_OK; i++) {
    check.cert = sk_X509_value(chain, i);
    check.issuer = sk_X509_value(chain, i + 1);
    res = check_one(&check, i);
    if (res != X509_V_OK) {
      X509_STORE_CTX_set_error_depth(store_ctx, i);
      X509_STORE_CTX_set_current_cert(store_ctx, check.cert);
    }
  }

  return res;
}
