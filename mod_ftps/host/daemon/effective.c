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
#include "log/json.h"
#include "vhost/context.h"
#include "vhost/offer.h"
#include "vhost/vhosts.h"

#include "conf.h"

#define WIDTH     78
#define INDENT    "    "
#define LINE_SIZE 960
#define DAY       86400L

/* A line of JSON has this much room behind the names of its server. */
#define NAME_SIZE  160
#define FAULT_SIZE 400

struct certificate {
  X509 *cert;
  const char *key; /* its type */
  char subject[256], until[64];
  long left; /* seconds; negative: it has expired */
};

struct teller {
  const struct format *format;
  void (*say)(void *arg, const char *line);
  void *arg;
  char names[3 * NAME_SIZE + 96]; /* of the server, for each line of JSON */
  char line[LINE_SIZE];
};

/* What becomes of the things that a server has. */
struct format {
  void (*certificate)(struct teller *teller, const struct certificate *found);
  void (*list)(struct teller *teller, const char *title,
      const char *const *words, size_t n);
  const char *signatures; /* the title of this list */
};

static void add(struct teller *teller, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void add(struct teller *teller, const char *fmt, ...) {
  size_t len = strlen(teller->line);
  va_list args;

  va_start(args, fmt);
  (void) pr_vsnprintf(teller->line + len, sizeof(teller->line) - len, fmt,
      args);
  va_end(args);
}

static void end_line(struct teller *teller) {
  teller->say(teller->arg, teller->line);
  teller->line[0] = '\0';
}

static void tell_certificates(struct teller *teller, SSL_CTX *ctx) {
  struct certificate found;

  for (size_t i = 0; (found.cert = ftps_context_certificate(ctx, i)) != NULL;
       i++) {
    const ASN1_TIME *end = X509_get0_notAfter(found.cert);

    found.left = ftps_text_until(end, time(NULL));
    found.key = ftps_text_key_kind(found.cert);
    (void) ftps_text_name(X509_get_subject_name(found.cert), found.subject,
        sizeof(found.subject));
    (void) ftps_text_time(end, found.until, sizeof(found.until));
    teller->format->certificate(teller, &found);
  }
}

static void tell_protocols(struct teller *teller, SSL_CTX *ctx) {
  unsigned int protocols = ftps_offer_protocols(ctx);
  const char *words[FTPS_OFFER_MAX];
  size_t n = 0;

  for (unsigned int bit = 1; bit <= protocols; bit <<= 1) {
    if (protocols & bit) {
      words[n++] = ftps_words_name_protocol(bit);
    }
  }
  teller->format->list(teller, "protocols", words, n);
}

static void tell_ciphers(struct teller *teller, SSL_CTX *ctx,
    const struct ftps_offer *offer) {
  const char *words[FTPS_OFFER_MAX];
  size_t n = 0;

  for (size_t i = 0; i < offer->cipher_count; i++) {
    if (ftps_context_takes(ctx, ftps_offer_protocols(ctx), offer->ciphers[i])) {
      words[n++] = SSL_CIPHER_get_name(offer->ciphers[i]);
    }
  }
  teller->format->list(teller, "ciphers", words, n);
}

static void tell_ids(struct teller *teller, const char *title,
    const struct ftps_offer_ids *list,
    const char *(*name)(unsigned int id, char *buffer)) {
  char buffers[FTPS_OFFER_MAX][FTPS_OFFER_NAME_SIZE];
  const char *words[FTPS_OFFER_MAX];

  for (size_t i = 0; i < list->n; i++) {
    words[i] = name(list->ids[i], buffers[i]);
  }
  teller->format->list(teller, title, words, list->n);
}

static void tell_lists(struct teller *teller, const struct ftps_vhost *vhost) {
  SSL_CTX *ctx = ftps_vhost_get0_context(vhost);
  struct ftps_offer offer;

  tell_protocols(teller, ctx);
  ftps_offer_read(ctx, ftps_vhost_settings(vhost), &offer);
  tell_ciphers(teller, ctx, &offer);
  tell_ids(teller, "groups", &offer.groups, ftps_offer_name_group);
  tell_ids(teller, teller->format->signatures, &offer.signatures,
      ftps_offer_name_signature);
}

/* Text. */

static void certificate_text(struct teller *teller,
    const struct certificate *found) {
  char left[32];

  ftps_text_left(found->left, left, sizeof(left));
  add(teller, "  certificate: \"%s\", key of type %s, until %s (%s)",
      found->subject, found->key, found->until,
      found->left < 0 ? "expired" : left);
  end_line(teller);
}

/* On as many lines as the words need. */
static void list_text(struct teller *teller, const char *title,
    const char *const *words, size_t n) {
  add(teller, "  %s:", title);
  for (size_t i = 0; i < n; i++) {
    bool fits = strlen(teller->line) + 1 + strlen(words[i]) <= WIDTH;

    if (!fits) {
      end_line(teller);
    }
    add(teller, "%s%s", fits ? " " : INDENT, words[i]);
  }
  end_line(teller);
}

static const struct format as_text = { certificate_text, list_text,
  "signature algorithms" };

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

static void name_text(struct teller *teller, const struct ftps_vhost *vhost) {
  const struct ftps_settings *settings = ftps_vhost_settings(vhost);

  add(teller,
      "server \"%.200s\" (%.100s, port %u)%s%.100s:", settings->server_name,
      settings->address, settings->port, settings->section != NULL ? ", " : "",
      settings->section != NULL ? settings->section : "");
  end_line(teller);
}

/* Names of servers that accept the same; `is_told` has a mark for each server
 * that is done.
 */
static void group_text(struct teller *teller, const struct ftps_vhost *first,
    bool *is_told) {
  size_t i = 0;

  for (const struct ftps_vhost *v = first; v != NULL; v = v->next, i++) {
    if (!is_told[i] && ftps_vhost_get0_context(v) != NULL &&
        is_same(first, v)) {
      name_text(teller, v);
      tell_certificates(teller, ftps_vhost_get0_context(v));
      is_told[i] = true;
    }
  }

  add(teller, "  TLSProfile: %s",
      ftps_words_name(ftps_words_profile, ftps_vhost_settings(first)->profile));
  end_line(teller);
  tell_lists(teller, first);
  add(teller, "  security level: %d",
      SSL_CTX_get_security_level(ftps_vhost_get0_context(first)));
  end_line(teller);
}

void ftps_effective_tell(const struct ftps_daemon *daemon,
    void (*say)(void *arg, const char *line), void *arg) {
  const struct ftps_vhost *first = ftps_vhosts_get0_first(daemon);
  struct teller teller = { .format = &as_text, .say = say, .arg = arg };
  size_t n = 0;
  bool *is_told;

  for (const struct ftps_vhost *v = first; v != NULL; v = v->next) {
    n++;
  }
  is_told = OPENSSL_zalloc((n + 1) * sizeof(*is_told));

  for (size_t i = 0; first != NULL && is_told != NULL; first = first->next) {
    if (ftps_vhost_get0_context(first) == NULL) {
      name_text(&teller, first);
      add(&teller, "  no TLS: %.400s", ftps_vhost_fault(first));
      end_line(&teller);
    } else if (!is_told[i]) {
      group_text(&teller, first, is_told + i);
    }
    i++;
  }

  OPENSSL_free(is_told);
}

/* JSON. */

static void begin_json(struct teller *teller) {
  add(teller, "{%s", teller->names);
}

static void end_json(struct teller *teller) {
  add(teller, "}");
  end_line(teller);
}

static void certificate_json(struct teller *teller,
    const struct certificate *found) {
  char subject[FAULT_SIZE], print[65];
  long left = found->left;

  (void) ftps_text_fingerprint(found->cert, print, sizeof(print));
  begin_json(teller);
  add(teller,
      ",\"certificate\":\"%s\",\"key\":\"%s\",\"sha256\":\"%s\","
      "\"not_after\":\"%s\",\"days_left\":%ld",
      ftps_json_quote(found->subject, subject, sizeof(subject)), found->key,
      print, found->until, left < 0 ? -((DAY - 1 - left) / DAY) : left / DAY);
  end_json(teller);
}

static void begin_list(struct teller *teller, const char *title) {
  begin_json(teller);
  add(teller, ",\"%s\":[", title);
}

static void end_list(struct teller *teller) {
  add(teller, "]");
  end_json(teller);
}

/* Words are names of ciphers and the like, which need no escapes. */
static void list_json(struct teller *teller, const char *title,
    const char *const *words, size_t n) {
  const char *comma = "";

  begin_list(teller, title);
  for (size_t i = 0; i < n; i++) {
    if (strlen(teller->line) + strlen(words[i]) + 8 > sizeof(teller->line)) {
      end_list(teller);
      begin_list(teller, title);
      comma = "";
    }
    add(teller, "%s\"%s\"", comma, words[i]);
    comma = ",";
  }
  end_list(teller);
}

static const struct format as_json = { certificate_json, list_json,
  "signature_algorithms" };

static const char *escape(const char *text, char *out, size_t size) {
  return ftps_json_escape(text, strlen(text), out, size);
}

static void name_json(struct teller *teller,
    const struct ftps_settings *settings) {
  char name[NAME_SIZE], address[NAME_SIZE], section[NAME_SIZE];

  (void) pr_snprintf(teller->names, sizeof(teller->names),
      "\"server\":\"%s\",\"address\":\"%s\",\"port\":%u,\"section\":\"%s\"",
      escape(settings->server_name, name, sizeof(name)),
      escape(settings->address, address, sizeof(address)), settings->port,
      escape(settings->section != NULL ? settings->section : "", section,
          sizeof(section)));
}

static void server_json(struct teller *teller, const struct ftps_vhost *vhost) {
  const struct ftps_settings *settings = ftps_vhost_settings(vhost);
  SSL_CTX *ctx = ftps_vhost_get0_context(vhost);
  char fault[FAULT_SIZE];

  name_json(teller, settings);
  begin_json(teller);
  add(teller, ",\"tls\":%s,\"profile\":\"%s\",\"security_level\":%d",
      ctx != NULL ? "true" : "false",
      ftps_words_name(ftps_words_profile, settings->profile),
      ctx != NULL ? SSL_CTX_get_security_level(ctx) : -1);
  add(teller, ",\"fault\":\"%s\"",
      escape(ftps_vhost_fault(vhost), fault, sizeof(fault) / 2));
  end_json(teller);
  if (ctx != NULL) {
    tell_certificates(teller, ctx);
    tell_lists(teller, vhost);
  }
}

void ftps_effective_json(const struct ftps_daemon *daemon,
    void (*say)(void *arg, const char *line), void *arg) {
  struct teller teller = { .format = &as_json, .say = say, .arg = arg };

  for (const struct ftps_vhost *v = ftps_vhosts_get0_first(daemon); v != NULL;
       v = v->next) {
    server_json(&teller, v);
  }
}
