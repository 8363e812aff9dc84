/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * pairs.c: see pairs.h.
 */
#include "keys/pairs.h"

#include <stdio.h>

#include "keys/keytype.h"

/* The certificate in use is good for a while, and its key is in no session; or
 * it is the same one.
 */
static bool must_wait(const struct ftps_keypair_load *load,
    struct ftps_keypair *const *used) {
  const struct ftps_keypair *old = used[load->request.type];

  return load->is_unkept &&
      (ftps_pairs_are_isolated(used) ||
          (old != NULL && load->pair != NULL &&
              X509_cmp(ftps_keypair_get0_certificate(old),
                  ftps_keypair_get0_certificate(load->pair)) == 0));
}

bool ftps_pairs_are_there(struct ftps_keypair *const *pairs) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (pairs[i] != NULL) {
      return true;
    }
  }

  return false;
}

bool ftps_pairs_can_gain(struct ftps_keypair *const *used,
    enum ftps_keytype type) {
  if (used == NULL) {
    return true;
  }

  return used[type] != NULL ? ftps_keypair_is_part(used[type])
                            : !ftps_pairs_are_there(used);
}

static bool is_any_good(const struct ftps_keypair_load *loads, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (loads[i].pair != NULL && loads[i].error.text[0] == '\0') {
      return true;
    }
  }

  return false;
}

/* mod_tls serves with the others. */
static void leave_out(struct ftps_keypair_load *load) {
  (void) snprintf(load->warning, sizeof(load->warning),
      "%.400s; until then the server goes on with its other certificates",
      load->error.text);
  ftps_error_clear(&load->error);
}

/* The older directives, the one that counts first.  mod_tls goes through them
 * in the opposite order, and the last certificate of a kind stays.
 */
static const enum ftps_keytype older[] = { FTPS_KEYTYPE_RSA,
  FTPS_KEYTYPE_PKCS12, FTPS_KEYTYPE_EC, FTPS_KEYTYPE_DSA };

/* True if another pair, with a key of the same kind, is at `type`. */
static bool is_double(struct ftps_keypair *const *pairs, size_t type,
    const struct ftps_keypair *pair) {
  return pairs[type] != NULL && pairs[type] != pair &&
      ftps_keypair_kind(pairs[type]) == ftps_keypair_kind(pair);
}

static bool has_earlier(struct ftps_keypair *const *pairs, size_t rank) {
  const struct ftps_keypair *pair = pairs[older[rank]];

  for (size_t i = FTPS_KEYTYPE_ANY; i < FTPS_KEYTYPE_COUNT; i++) {
    if (is_double(pairs, i, pair)) {
      return true;
    }
  }
  for (size_t i = 0; i < rank; i++) {
    if (is_double(pairs, older[i], pair)) {
      return true;
    }
  }

  return false;
}

static void warn_double(struct ftps_keypair_load *load) {
  (void) snprintf(load->warning, sizeof(load->warning),
      "%s %.400s: is not used, because another certificate of this server, "
      "which counts first, has a key of the same kind; take one of the two out",
      ftps_keytype_certificate_directive(load->request.type),
      load->request.certificate);
}

static void drop_doubles(struct ftps_keypair_load *loads, size_t n,
    struct ftps_keypair **pairs) {
  for (size_t i = 0; i < sizeof(older) / sizeof(older[0]); i++) {
    if (pairs[older[i]] == NULL || !has_earlier(pairs, i)) {
      continue;
    }

    ftps_keypair_unref(pairs[older[i]]);
    pairs[older[i]] = NULL;
    for (size_t j = 0; j < n; j++) {
      if (loads[j].request.type == older[i]) {
        warn_double(&loads[j]);
      }
    }
  }
}

int ftps_pairs_take(struct ftps_keypair_load *loads, size_t n,
    struct ftps_keypair *const *used, struct ftps_keypair **pairs,
    struct ftps_error *err) {
  bool has_good = is_any_good(loads, n);
  int res = 0;

  for (size_t i = 0; i < n; i++) {
    if (has_good && loads[i].may_lack && loads[i].error.is_of_server) {
      leave_out(&loads[i]);
    }
    if (must_wait(&loads[i], used)) {
      ftps_keypair_refuse_unkept(&loads[i]);
    }
    pairs[loads[i].request.type] = loads[i].pair;
    loads[i].pair = NULL;
    if (loads[i].error.text[0] != '\0') {
      ftps_error_take(err, &loads[i].error);
      res = -1;
    }
  }

  if (res == 0) {
    drop_doubles(loads, n, pairs);
  }
  return res;
}

void ftps_pairs_report(const struct ftps_keypair_load *loads, size_t n,
    const struct ftps_place *place, ftps_report report) {
  for (size_t i = 0; loads != NULL && i < n; i++) {
    if (loads[i].place == place && loads[i].warning[0] != '\0') {
      report(FTPS_SEVERITY_NOTICE, loads[i].warning);
    }
  }
}

int ftps_pairs_lend(struct ftps_keypair *const *pairs, SSL *ssl) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (pairs[i] != NULL && ftps_keypair_lend(pairs[i], ssl) < 0) {
      return -1;
    }
  }

  return 0;
}

void ftps_pairs_take_back(struct ftps_keypair *const *pairs, SSL *ssl) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (pairs[i] != NULL) {
      ftps_keypair_take_back(pairs[i], ssl);
    }
  }
}

bool ftps_pairs_can_sign(struct ftps_keypair *const *pairs) {
  bool has_any = false;

  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (pairs[i] != NULL && !ftps_keypair_can_sign(pairs[i])) {
      return false;
    }
    has_any = has_any || pairs[i] != NULL;
  }

  return has_any;
}

bool ftps_pairs_have_key(struct ftps_keypair *const *pairs,
    const struct ftps_keypair *pair) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (pairs[i] != NULL && ftps_keypair_has_same_key(pairs[i], pair)) {
      return true;
    }
  }

  return false;
}

bool ftps_pairs_have_kind(struct ftps_keypair *const *pairs, int kind) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (pairs[i] != NULL && ftps_keypair_kind(pairs[i]) == kind) {
      return true;
    }
  }

  return false;
}

bool ftps_pairs_are_isolated(struct ftps_keypair *const *pairs) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (pairs[i] != NULL && ftps_keypair_is_isolated(pairs[i])) {
      return true;
    }
  }

  return false;
}

void ftps_pairs_hide(struct ftps_keypair *const *pairs) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (pairs[i] != NULL) {
      ftps_keypair_hide(pairs[i]);
    }
  }
}

void ftps_pairs_each_slot(struct ftps_keypair *const *pairs,
    void (*act)(struct ftps_keyarea *area, size_t slot)) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (pairs[i] != NULL) {
      ftps_keypair_each_slot(pairs[i], act);
    }
  }
}

void ftps_pairs_unref(struct ftps_keypair **pairs) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    ftps_keypair_unref(pairs[i]);
    pairs[i] = NULL;
  }
}
