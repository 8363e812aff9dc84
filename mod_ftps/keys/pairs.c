/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * pairs.c: see pairs.h.
 */
#include "keys/pairs.h"

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

int ftps_pairs_take(struct ftps_keypair_load *loads, size_t n,
    struct ftps_keypair *const *used, struct ftps_keypair **pairs,
    struct ftps_error *err) {
  int res = 0;

  for (size_t i = 0; i < n; i++) {
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

  return res;
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

void ftps_pairs_drop_doubles(struct ftps_keypair **pairs) {
  for (size_t i = 0; i < sizeof(older) / sizeof(older[0]); i++) {
    if (pairs[older[i]] != NULL && has_earlier(pairs, i)) {
      ftps_keypair_unref(pairs[older[i]]);
      pairs[older[i]] = NULL;
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
