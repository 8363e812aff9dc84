/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * effective.c: see effective.h.
 */
#include "host/daemon/effective.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/ssl.h>

#include "base/daemon.h"
#include "base/settings.h"
#include "base/words.h"
#include "base/x509_text.h"
#include "vhost/context.h"
#include "vhost/offer.h"
#include "vhost/vhosts.h"

#include "conf.h"

#define WIDTH  78
#define INDENT "    "

struct teller {
  void (*say)(void *arg, const char *line);
  void *arg;
  char line[512];
};

static void tell(struct teller *teller, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(struct teller *teller, const char *fmt, ...) {
  va_list args;

  va_start(args, fmt);
  (void) pr_vsnprintf(teller->line, sizeof(teller->line), fmt, args);
  va_end(args);
  teller->say(teller->arg, teller->line);
}

/* Words after a title, on as many lines as they need. */
static void begin_words(struct teller *teller, const char *title) {
  (void) pr_snprintf(teller->line, sizeof(teller->line), "  %s:", title);
}

static void add_word(struct teller *teller, const char *word) {
  size_t len = strlen(teller->line);

  if (len + 1 + strlen(word) > WIDTH) {
    teller->say(teller->arg, teller->line);
    (void) pr_snprintf(teller->line, sizeof(teller->line), INDENT "%s", word);
  } else {
    (void) pr_snprintf(teller->line + len, sizeof(teller->line) - len, " %s",
        word);
  }
}

static void end_words(struct teller *teller) {
  teller->say(teller->arg, teller->line);
}

static void tell_protocols(struct teller *teller, SSL_CTX *ctx) {
  unsigned int protocols = ftps_offer_protocols(ctx);

  begin_words(teller, "protocols");
  for (unsigned int bit = 1; bit <= protocols; bit <<= 1) {
    if (protocols & bit) {
      add_word(teller, ftps_words_name_protocol(bit));
    }
  }
  end_words(teller);
}

static void tell_ciphers(struct teller *teller, SSL_CTX *ctx,
    const struct ftps_offer *offer) {
  begin_words(teller, "ciphers");
  for (size_t i = 0; i < offer->cipher_count; i++) {
    if (ftps_context_takes(ctx, ftps_offer_protocols(ctx), offer->ciphers[i])) {
      add_word(teller, SSL_CIPHER_get_name(offer->ciphers[i]));
    }
  }
  end_words(teller);
}

static void tell_ids(struct teller *teller, const char *title,
    const struct ftps_offer_ids *list,
    const char *(*name)(unsigned int id, char *buffer)) {
  char buffer[FTPS_OFFER_NAME_SIZE];

  begin_words(teller, title);
  for (size_t i = 0; i < list->n; i++) {
    add_word(teller, name(list->ids[i], buffer));
  }
  end_words(teller);
}

static void tell_offer(struct teller *teller, const struct ftps_vhost *vhost) {
  SSL_CTX *ctx = ftps_vhost_get0_context(vhost);
  const struct ftps_settings *settings = ftps_vhost_settings(vhost);
  struct ftps_offer offer;

  tell(teller, "  TLSProfile: %s",
      ftps_words_name(ftps_words_profile, settings->profile));
  tell_protocols(teller, ctx);
  ftps_offer_read(ctx, settings, &offer);
  tell_ciphers(teller, ctx, &offer);
  tell_ids(teller, "groups", &offer.groups, ftps_offer_name_group);
  tell_ids(teller, "signature algorithms", &offer.signatures,
      ftps_offer_name_signature);
  tell(teller, "  security level: %d", SSL_CTX_get_security_level(ctx));
}

static bool is_same(const struct ftps_vhost *a, const struct ftps_vhost *b) {
  const struct ftps_settings *one = ftps_vhost_settings(a);
  const struct ftps_settings *other = ftps_vhost_settings(b);
  SSL_CTX *ctx = ftps_vhost_get0_context(a);
  SSL_CTX *other_ctx = ftps_vhost_get0_context(b);

  return one->profile == other->profile &&
      ftps_offer_protocols(ctx) == ftps_offer_protocols(other_ctx) &&
      SSL_CTX_get_security_level(ctx) ==
      SSL_CTX_get_security_level(other_ctx) &&
      ftps_context_kinds(ctx) == ftps_context_kinds(other_ctx) &&
      strcmp(one->cipher_list, other->cipher_list) == 0 &&
      ftps_words_are_same(one->ciphersuites, other->ciphersuites) &&
      ftps_words_are_same(one->groups, other->groups);
}

static void tell_name(struct teller *teller, const struct ftps_vhost *vhost) {
  const struct ftps_settings *settings = ftps_vhost_settings(vhost);

  tell(teller,
      "server \"%.200s\" (%.100s, port %u)%s%.100s:", settings->server_name,
      settings->address, settings->port, settings->section != NULL ? ", " : "",
      settings->section != NULL ? settings->section : "");
}

static void tell_certificates(struct teller *teller,
    const struct ftps_vhost *vhost) {
  SSL_CTX *ctx = ftps_vhost_get0_context(vhost);
  char name[256], until[64], left[32];
  X509 *cert;

  for (size_t i = 0; (cert = ftps_context_certificate(ctx, i)) != NULL; i++) {
    long seconds = ftps_text_until(X509_get0_notAfter(cert), time(NULL));

    ftps_text_left(seconds, left, sizeof(left));
    (void) ftps_text_name(X509_get_subject_name(cert), name, sizeof(name));
    (void) ftps_text_time(X509_get0_notAfter(cert), until, sizeof(until));
    tell(teller, "  certificate: \"%s\", key of type %s, until %s (%s)", name,
        ftps_text_key_kind(cert), until, seconds < 0 ? "expired" : left);
  }
}

/* Names of servers that accept the same; `is_told` has a mark for each server
 * that is done.
 */
static void tell_group(struct teller *teller, const struct ftps_vhost *first,
    bool *is_told) {
  size_t i = 0;

  for (const struct ftps_vhost *v = first; v != NULL; v = v->next, i++) {
    if (!is_told[i] && ftps_vhost_get0_context(v) != NULL &&
        is_same(first, v)) {
      tell_name(teller, v);
      tell_certificates(teller, v);
      is_told[i] = true;
    }
  }
  tell_offer(teller, first);
}

void ftps_effective_tell(const struct ftps_daemon *daemon,
    void (*say)(void *arg, const char *line), void *arg) {
  const struct ftps_vhost *first = ftps_vhosts_get0_first(daemon);
  struct teller teller = { .say = say, .arg = arg };
  size_t n = 0;
  bool *is_told;

  for (const struct ftps_vhost *v = first; v != NULL; v = v->next) {
    n++;
  }
  is_told = OPENSSL_zalloc((n + 1) * sizeof(*is_told));

  for (size_t i = 0; first != NULL && is_told != NULL; first = first->next) {
    if (ftps_vhost_get0_context(first) == NULL) {
      tell_name(&teller, first);
      tell(&teller, "  no TLS: %.400s", ftps_vhost_fault(first));
    } else if (!is_told[i]) {
      tell_group(&teller, first, is_told + i);
    }
    i++;
  }

  OPENSSL_free(is_told);
}
