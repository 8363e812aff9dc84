/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * reload.c: see reload.h.
 *
 * A changed server has another context than before.  The certificates of both
 * are compared, because other files may have changed.
 */
#include "host/daemon/reload.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include <openssl/ssl.h>

#include "base/clock.h"
#include "base/daemon.h"
#include "base/settings.h"
#include "base/x509_text.h"
#include "host/daemon/check.h"
#include "named/names.h"
#include "vhost/context.h"
#include "vhost/vhosts.h"

#include "conf.h"

/* The daemon accepts nobody meanwhile. */
#define LIMIT_MS 5000U

/* Lines that are the same for several servers are told once. */
struct answer {
  void (*say)(void *arg, const char *line);
  void *arg;
  const char *server;
  unsigned int more;
  char text[FTPS_ERROR_TEXT_SIZE];
  unsigned int lines;
};

static void flush_line(struct answer *answer) {
  char line[FTPS_ERROR_TEXT_SIZE + 256], more[32] = "";

  if (answer->text[0] == '\0') {
    return;
  }

  if (answer->more > 0) {
    (void) pr_snprintf(more, sizeof(more), " and %u more", answer->more);
  }
  (void) pr_snprintf(line, sizeof(line), "server \"%.200s\"%s: %s",
      answer->server, more, answer->text);
  answer->say(answer->arg, line);
  answer->text[0] = '\0';
  answer->more = 0;
  answer->lines++;
}

static void tell(struct answer *answer, const struct ftps_vhost *vhost,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void tell(struct answer *answer, const struct ftps_vhost *vhost,
    const char *fmt, ...) {
  char text[FTPS_ERROR_TEXT_SIZE];
  va_list args;

  va_start(args, fmt);
  (void) pr_vsnprintf(text, sizeof(text), fmt, args);
  va_end(args);
  if (strcmp(text, answer->text) == 0) {
    answer->more++;
    return;
  }

  flush_line(answer);
  answer->server = ftps_vhost_settings(vhost)->server_name;
  memcpy(answer->text, text, sizeof(text));
}

/* The certificate of the context for keys of this kind, or NULL. */
static X509 *find_certificate(SSL_CTX *ctx, int kind) {
  size_t i = 0;
  X509 *cert;

  if (ctx == NULL) {
    return NULL;
  }

  do {
    cert = ftps_context_certificate(ctx, i++);
  } while (
      cert != NULL && EVP_PKEY_get_base_id(X509_get0_pubkey(cert)) != kind);
  return cert;
}

static void tell_certificate(struct answer *answer,
    const struct ftps_vhost *vhost, X509 *cert, X509 *old) {
  char name[256], until[64], until_old[64] = "none";

  (void) ftps_text_name(X509_get_subject_name(cert), name, sizeof(name));
  (void) ftps_text_time(X509_get0_notAfter(cert), until, sizeof(until));
  if (old != NULL) {
    (void) ftps_text_time(X509_get0_notAfter(old), until_old,
        sizeof(until_old));
  }
  tell(answer, vhost,
      "the certificate \"%s\" with a key of type %s is in use now, until %s "
      "(the one before: until %s)",
      name, ftps_text_key_kind(cert), until, until_old);
}

/* Returns how many certificates differ. */
static unsigned int tell_certificates(struct answer *answer,
    const struct ftps_vhost *vhost, SSL_CTX *before) {
  SSL_CTX *ctx = ftps_vhost_get0_context(vhost);
  unsigned int n = 0;
  X509 *cert;

  for (size_t i = 0; (cert = ftps_context_certificate(ctx, i)) != NULL; i++) {
    X509 *old =
        find_certificate(before, EVP_PKEY_get_base_id(X509_get0_pubkey(cert)));

    if (old == NULL || X509_cmp(cert, old) != 0) {
      tell_certificate(answer, vhost, cert, old);
      n++;
    }
  }

  return n;
}

static void tell_server(struct answer *answer, const struct ftps_vhost *vhost,
    SSL_CTX *before) {
  SSL_CTX *ctx = ftps_vhost_get0_context(vhost);

  if (ctx != before && tell_certificates(answer, vhost, before) == 0) {
    tell(answer, vhost,
        "changed files are in use now; the certificates are the same");
  }
  if (ftps_vhost_fault(vhost)[0] != '\0') {
    tell(answer, vhost, "%s; %s", ftps_vhost_fault(vhost),
        ctx != NULL ? "the old certificate stays in use" : "there is no TLS");
  }
}

/* References, since a freed context's address may come again. */
static SSL_CTX **note_contexts(const struct ftps_daemon *daemon, size_t *n) {
  SSL_CTX **list;

  *n = 0;
  for (const struct ftps_vhost *v = ftps_vhosts_get0_first(daemon); v != NULL;
       v = v->next) {
    ++*n;
  }

  list = OPENSSL_zalloc((*n + 1) * sizeof(SSL_CTX *));
  *n = 0;
  for (const struct ftps_vhost *v = ftps_vhosts_get0_first(daemon);
       v != NULL && list != NULL; v = v->next) {
    SSL_CTX *ctx = ftps_vhost_get0_context(v);

    if (ctx != NULL && SSL_CTX_up_ref(ctx) == 1) {
      list[*n] = ctx;
    }
    ++*n;
  }

  return list;
}

/* Certificates of TLSCertificateDirectory. */
struct known {
  struct known *next;
  char *path;
  X509 *certificate;
  struct answer *answer; /* of the list's head */
};

static void note_name(void *arg, const struct ftps_names_item *item) {
  struct known *head = arg, *one = OPENSSL_zalloc(sizeof(*one));

  if (one != NULL) {
    one->path = OPENSSL_strdup(item->path);
    one->certificate =
        X509_up_ref(item->certificate) == 1 ? item->certificate : NULL;
    one->next = head->next;
    head->next = one;
  }
}

static X509 *find_known(const struct known *head, const char *path) {
  const struct known *one = head->next;

  while (one != NULL && (one->path == NULL || strcmp(one->path, path) != 0)) {
    one = one->next;
  }

  return one != NULL ? one->certificate : NULL;
}

static void say_name(void *arg, const struct ftps_names_item *item) {
  const struct known *head = arg;
  X509 *old = find_known(head, item->path), *certificate = item->certificate;
  char until[64], until_old[64], line[FTPS_ERROR_TEXT_SIZE];

  if (old == NULL || X509_cmp(old, certificate) == 0) {
    return;
  }

  (void) ftps_text_time(X509_get0_notAfter(certificate), until, sizeof(until));
  (void) ftps_text_time(X509_get0_notAfter(old), until_old, sizeof(until_old));
  (void) pr_snprintf(line, sizeof(line),
      "TLSCertificateDirectory %.500s: is in use now, until %s (the one "
      "before: until %s)",
      item->path, until, until_old);
  head->answer->say(head->answer->arg, line);
  head->answer->lines++;
}

static void say_fault(void *arg, const char *text) {
  struct answer *answer = arg;

  answer->say(answer->arg, text);
  answer->lines++;
}

static void forget_known(struct known *head) {
  while (head->next != NULL) {
    struct known *one = head->next;

    head->next = one->next;
    X509_free(one->certificate);
    OPENSSL_free(one->path);
    OPENSSL_free(one);
  }
}

/* Twice, because the first round may be the rest of one that began earlier.  If
 * the request has come while files are read, they are read to the end after it.
 */
static bool check_all(void) {
  const struct ftps_daemon *daemon = ftps_daemon_get0();
  uint64_t until = ftps_clock_ms() + LIMIT_MS;
  bool is_unfinished = true;

  for (int round = 0; round < 2; round++) {
    do {
      is_unfinished = ftps_check_now();
    } while (is_unfinished && !daemon->is_reading && ftps_clock_ms() < until);
  }

  return is_unfinished;
}

void ftps_reload(struct ftps_daemon *daemon,
    void (*say)(void *arg, const char *line), void *arg) {
  struct answer answer = { .say = say, .arg = arg };
  size_t n, i = 0;
  SSL_CTX **before = note_contexts(daemon, &n);
  struct known known = { .answer = &answer };
  bool is_unfinished;

  ftps_names_each(daemon, note_name, &known);
  ftps_vhosts_hurry(daemon);
  ftps_names_hurry(daemon);
  is_unfinished = check_all();
  for (const struct ftps_vhost *v = ftps_vhosts_get0_first(daemon);
       v != NULL && before != NULL; v = v->next) {
    tell_server(&answer, v, before[i++]);
  }

  flush_line(&answer);
  ftps_names_each(daemon, say_name, &known);
  ftps_names_each_fault(daemon, say_fault, &answer);
  forget_known(&known);
  if (is_unfinished) {
    say(arg, "there was no time for all servers; the rest follows at once");
  } else if (answer.lines == 0) {
    say(arg, "nothing has changed");
  }

  for (i = 0; before != NULL && i < n; i++) {
    SSL_CTX_free(before[i]);
  }
  OPENSSL_free(before);
}
