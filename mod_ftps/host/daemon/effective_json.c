/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * effective_json.c: see effective_json.h.
 */
#include "host/daemon/effective_json.h"

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

#define LINE_SIZE 960
#define DAY       86400L

/* A line has this much room behind the names of its server. */
#define NAME_SIZE  160
#define FAULT_SIZE 400

struct teller {
  void (*say)(void *arg, const char *line);
  void *arg;
  char names[3 * NAME_SIZE + 96]; /* of the server, at the head of each line */
  char line[LINE_SIZE];
  bool has_words;
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

static void begin(struct teller *teller) {
  (void) pr_snprintf(teller->line, sizeof(teller->line), "{%s", teller->names);
}

static void end(struct teller *teller) {
  add(teller, "}");
  teller->say(teller->arg, teller->line);
}

static const char *escape(const char *text, char *out, size_t size) {
  return ftps_json_escape(text, strlen(text), out, size);
}

static void name_server(struct teller *teller,
    const struct ftps_settings *settings) {
  char name[NAME_SIZE], address[NAME_SIZE], section[NAME_SIZE];

  (void) pr_snprintf(teller->names, sizeof(teller->names),
      "\"server\":\"%s\",\"address\":\"%s\",\"port\":%u,\"section\":\"%s\"",
      escape(settings->server_name, name, sizeof(name)),
      escape(settings->address, address, sizeof(address)), settings->port,
      escape(settings->section != NULL ? settings->section : "", section,
          sizeof(section)));
}

static void begin_words(struct teller *teller, const char *title) {
  begin(teller);
  add(teller, ",\"%s\":[", title);
  teller->has_words = false;
}

static void end_words(struct teller *teller) {
  add(teller, "]");
  end(teller);
}

/* Words are names of ciphers and the like, which need no escapes. */
static void add_word(struct teller *teller, const char *title,
    const char *word) {
  if (strlen(teller->line) + strlen(word) + 8 > sizeof(teller->line)) {
    end_words(teller);
    begin_words(teller, title);
  }

  add(teller, "%s\"%s\"", teller->has_words ? "," : "", word);
  teller->has_words = true;
}

static void tell_protocols(struct teller *teller, SSL_CTX *ctx) {
  unsigned int protocols = ftps_offer_protocols(ctx);

  begin_words(teller, "protocols");
  for (unsigned int bit = 1; bit <= protocols; bit <<= 1) {
    if (protocols & bit) {
      add_word(teller, "protocols", ftps_words_name_protocol(bit));
    }
  }
  end_words(teller);
}

static void tell_ciphers(struct teller *teller, SSL_CTX *ctx,
    const struct ftps_offer *offer) {
  begin_words(teller, "ciphers");
  for (size_t i = 0; i < offer->cipher_count; i++) {
    if (ftps_context_takes(ctx, ftps_offer_protocols(ctx), offer->ciphers[i])) {
      add_word(teller, "ciphers", SSL_CIPHER_get_name(offer->ciphers[i]));
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
    add_word(teller, title, name(list->ids[i], buffer));
  }
  end_words(teller);
}

static void tell_certificates(struct teller *teller, SSL_CTX *ctx) {
  char name[256], subject[FAULT_SIZE], until[64], print[65];
  X509 *cert;

  for (size_t i = 0; (cert = ftps_context_certificate(ctx, i)) != NULL; i++) {
    long left = ftps_text_until(X509_get0_notAfter(cert), time(NULL));

    (void) ftps_text_name(X509_get_subject_name(cert), name, sizeof(name));
    (void) ftps_text_time(X509_get0_notAfter(cert), until, sizeof(until));
    (void) ftps_text_fingerprint(cert, print, sizeof(print));
    begin(teller);
    add(teller,
        ",\"certificate\":\"%s\",\"key\":\"%s\",\"sha256\":\"%s\","
        "\"not_after\":\"%s\",\"days_left\":%ld",
        ftps_json_quote(name, subject, sizeof(subject)),
        ftps_text_key_kind(cert), print, until,
        left < 0 ? -((DAY - 1 - left) / DAY) : left / DAY);
    end(teller);
  }
}

static void tell_server(struct teller *teller, const struct ftps_vhost *vhost) {
  const struct ftps_settings *settings = ftps_vhost_settings(vhost);
  SSL_CTX *ctx = ftps_vhost_get0_context(vhost);
  char fault[FAULT_SIZE];
  struct ftps_offer offer;

  name_server(teller, settings);
  begin(teller);
  add(teller, ",\"tls\":%s,\"profile\":\"%s\",\"security_level\":%d",
      ctx != NULL ? "true" : "false",
      ftps_words_name(ftps_words_profile, settings->profile),
      ctx != NULL ? SSL_CTX_get_security_level(ctx) : -1);
  add(teller, ",\"fault\":\"%s\"",
      escape(ftps_vhost_fault(vhost), fault, sizeof(fault) / 2));
  end(teller);
  if (ctx == NULL) {
    return;
  }

  tell_certificates(teller, ctx);
  tell_protocols(teller, ctx);
  ftps_offer_read(ctx, settings, &offer);
  tell_ciphers(teller, ctx, &offer);
  tell_ids(teller, "groups", &offer.groups, ftps_offer_name_group);
  tell_ids(teller, "signature_algorithms", &offer.signatures,
      ftps_offer_name_signature);
}

void ftps_effective_json(const struct ftps_daemon *daemon,
    void (*say)(void *arg, const char *line), void *arg) {
  struct teller teller = { .say = say, .arg = arg };

  for (const struct ftps_vhost *v = ftps_vhosts_get0_first(daemon); v != NULL;
       v = v->next) {
    tell_server(&teller, v);
  }
}
