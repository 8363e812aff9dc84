/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * certificates.c: see certificates.h.
 */
#include "host/daemon/certificates.h"

#include <stdlib.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/x509.h>

#include "base/daemon.h"
#include "base/settings.h"
#include "base/words.h"
#include "base/x509_text.h"
#include "named/names.h"
#include "vhost/context.h"
#include "vhost/vhosts.h"

/* Certificates without memory for them are left out. */
static void add(struct ftps_certificates *entries, X509 *cert,
    const struct ftps_vhost *vhost) {
  long left = ftps_text_until(X509_get0_notAfter(cert), entries->now);

  if (entries->n == entries->room) {
    size_t room = entries->room * 2 + 16;
    struct ftps_certificate *list =
        OPENSSL_realloc(entries->list, room * sizeof(*entries->list));

    if (list == NULL) {
      return;
    }
    entries->list = list;
    entries->room = room;
  }

  entries->list[entries->n++] = (struct ftps_certificate){ .cert = cert,
    .vhost = vhost,
    .left = left,
    .life = left - ftps_text_until(X509_get0_notBefore(cert), entries->now) };
}

/* Equal certificates stand side by side. */
static int compare(const void *a, const void *b) {
  const struct ftps_certificate *x = a, *y = b;

  if (x->left != y->left) {
    return x->left < y->left ? -1 : 1;
  }

  return X509_cmp(x->cert, y->cert);
}

static void remove_doubles(struct ftps_certificates *entries) {
  size_t kept = 0;

  for (size_t i = 0; i < entries->n; i++) {
    if (kept == 0 ||
        X509_cmp(entries->list[kept - 1].cert, entries->list[i].cert) != 0) {
      entries->list[kept++] = entries->list[i];
    }
  }
  entries->n = kept;
}

static const struct ftps_vhost *find_server(const struct ftps_daemon *daemon,
    const char *dir) {
  const struct ftps_vhost *v = ftps_vhosts_get0_first(daemon);

  while (v != NULL &&
      !ftps_words_are_same(ftps_vhost_settings(v)->certificate_dir, dir)) {
    v = v->next;
  }

  return v;
}

struct reading {
  const struct ftps_daemon *daemon;
  struct ftps_certificates *entries;
};

static void add_name(void *arg, const struct ftps_names_item *item) {
  const struct reading *reading = arg;
  const struct ftps_vhost *vhost = find_server(reading->daemon, item->dir);
  size_t n = reading->entries->n;

  if (vhost != NULL) {
    add(reading->entries, item->certificate, vhost);
  }
  if (reading->entries->n > n) {
    reading->entries->list[n].path = item->path;
  }
}

void ftps_certificates_read(const struct ftps_daemon *daemon,
    struct ftps_certificates *entries) {
  *entries = (struct ftps_certificates){ .now = time(NULL) };
  for (const struct ftps_vhost *v = ftps_vhosts_get0_first(daemon); v != NULL;
       v = v->next) {
    SSL_CTX *ctx = ftps_vhost_get0_context(v);
    X509 *cert;

    for (size_t i = 0;
         ctx != NULL && (cert = ftps_context_certificate(ctx, i)) != NULL;
         i++) {
      add(entries, cert, v);
    }
  }

  ftps_names_each(daemon, add_name, &(struct reading){ daemon, entries });
  if (entries->n > 1) {
    qsort(entries->list, entries->n, sizeof(*entries->list), compare);
    remove_doubles(entries);
  }
}

void ftps_certificates_free(struct ftps_certificates *entries) {
  OPENSSL_free(entries->list);
}

enum ftps_certificate_state ftps_certificate_judge(
    const struct ftps_certificate *certificate) {
  if (certificate->left < 0) {
    return FTPS_CERTIFICATE_EXPIRED;
  }

  return ftps_text_is_late(certificate->left, certificate->life,
             FTPS_TEXT_LATE_MOST)
      ? FTPS_CERTIFICATE_LATE
      : FTPS_CERTIFICATE_FINE;
}
