/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * renewals.c: see renewals.h.
 *
 * The daemon remembers which certificates were in use.  One that is in use no
 * more was replaced if its server has another one with a key of the same type.
 */
#include "host/daemon/renewals.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/x509.h>

#include "base/daemon.h"
#include "base/settings.h"
#include "base/x509_text.h"
#include "counts/counts.h"
#include "host/daemon/certificates.h"
#include "log/log.h"
#include "named/names.h"
#include "vhost/vhosts.h"

#include "conf.h"

#define PRINT_SIZE 32

/* A certificate that was in use. */
struct known {
  unsigned char print[PRINT_SIZE]; /* SHA-256 of the certificate */
  uint64_t user;                   /* its first server, and kind of key */
  time_t until;
  long life;
  const struct ftps_certificate *of; /* while all are compared */
};

struct ftps_renewals {
  uint64_t contexts;  /* of all servers, as one number */
  struct known *list; /* in the order of `print` */
  size_t n;
};

/* FNV-1a; the names are those of the configuration. */
static uint64_t hash(uint64_t sum, const void *bytes, size_t len) {
  for (size_t i = 0; i < len; i++) {
    sum = (sum ^ ((const unsigned char *) bytes)[i]) * 0x100000001b3U;
  }

  return sum;
}

#define HASH_START 0xcbf29ce484222325U

static uint64_t hash_contexts(const struct ftps_daemon *daemon) {
  uint64_t names = ftps_names_generation(daemon);
  uint64_t sum = hash(HASH_START, &names, sizeof(names));

  for (const struct ftps_vhost *v = ftps_vhosts_get0_first(daemon); v != NULL;
       v = v->next) {
    uintptr_t number = (uintptr_t) ftps_vhost_get0_context(v);

    sum = hash(sum, &number, sizeof(number));
  }

  return sum;
}

static uint64_t hash_text(uint64_t sum, const char *text) {
  return text != NULL ? hash(sum, text, strlen(text) + 1) : sum;
}

static uint64_t hash_user(const struct ftps_certificate *certificate) {
  const struct ftps_settings *settings =
      ftps_vhost_settings(certificate->vhost);
  int type = EVP_PKEY_get_base_id(X509_get0_pubkey(certificate->cert));
  uint64_t sum = hash(HASH_START, &type, sizeof(type));

  sum = hash(sum, &settings->port, sizeof(settings->port));
  sum = hash_text(sum, settings->server_name);
  sum = hash_text(sum, settings->address);
  sum = hash_text(sum, certificate->path);
  return hash_text(sum, settings->section);
}

static void learn(struct known *known, const struct ftps_certificate *of,
    time_t now) {
  unsigned int len = 0;

  memset(known, 0, sizeof(*known));
  (void) X509_digest(of->cert, EVP_sha256(), known->print, &len);
  known->user = hash_user(of);
  known->until = now + of->left;
  known->life = of->life;
  known->of = of;
}

static int compare_prints(const void *a, const void *b) {
  const struct known *x = a, *y = b;

  return memcmp(x->print, y->print, PRINT_SIZE);
}

static void tell_late(const struct ftps_certificate *now_used, long left) {
  const struct ftps_settings *settings = ftps_vhost_settings(now_used->vhost);
  char name[256], rest[32];

  (void) ftps_text_name(X509_get_subject_name(now_used->cert), name,
      sizeof(name));
  ftps_text_left(left < 0 ? -left : left, rest, sizeof(rest));
  if (left < 0) {
    ftps_log_admin(PR_LOG_WARNING,
        "server \"%.200s\": the certificate \"%s\" was renewed %s after the "
        "end "
        "of the one before, so clients were refused meanwhile; let the renewal "
        "run earlier",
        settings->server_name, name, rest);
  } else {
    ftps_log_admin(PR_LOG_NOTICE,
        "server \"%.200s\": the certificate \"%s\" was renewed too late, when "
        "%s "
        "of the one before were left; let the renewal run earlier, or see why "
        "it failed until now",
        settings->server_name, name, rest);
  }
}

static void count_one(struct ftps_daemon *daemon, const struct known *old,
    const struct ftps_certificate *now_used, time_t now) {
  long left = (long) (old->until - now);
  enum ftps_counts_number number = FTPS_COUNTS_RENEWED;

  if (left < 0) {
    number = FTPS_COUNTS_RENEWED_AFTER_END;
    tell_late(now_used, left);
  } else if (ftps_text_is_late(left, old->life, FTPS_TEXT_LATE_MOST)) {
    number = FTPS_COUNTS_RENEWED_LATE;
    tell_late(now_used, left);
  }

  ftps_counts_add(daemon->counts, number, 1);
}

static void compare(struct ftps_daemon *daemon, const struct known *list,
    size_t n, time_t now) {
  const struct ftps_renewals *before = daemon->renewals;

  for (size_t i = 0; i < before->n; i++) {
    const struct known *old = &before->list[i];
    size_t k = 0;

    if (bsearch(old, list, n, sizeof(*list), compare_prints) != NULL) {
      continue;
    }
    while (k < n && list[k].user != old->user) {
      k++;
    }
    if (k < n) {
      count_one(daemon, old, list[k].of, now);
    }
  }
}

void ftps_renewals_note(struct ftps_daemon *daemon) {
  uint64_t contexts = hash_contexts(daemon);
  struct ftps_certificates all;
  struct known *list;

  if (daemon->renewals == NULL) {
    daemon->renewals = OPENSSL_zalloc(sizeof(*daemon->renewals));
  }
  if (daemon->renewals == NULL || daemon->renewals->contexts == contexts) {
    return;
  }

  ftps_certificates_read(daemon, &all);
  list = OPENSSL_zalloc((all.n + 1) * sizeof(*list));
  if (list != NULL) {
    for (size_t i = 0; i < all.n; i++) {
      learn(&list[i], &all.list[i], all.now);
    }
    qsort(list, all.n, sizeof(*list), compare_prints);
    compare(daemon, list, all.n, all.now);
    OPENSSL_free(daemon->renewals->list);
    *daemon->renewals = (struct ftps_renewals){ contexts, list, all.n };
  }
  ftps_certificates_free(&all);
}
